<?php

function backfeed_show(mixed $value, int $depth = 0): string
{
    if ($depth > 6) {
        throw new \LengthException('deep');
    }
    if (is_array($value)) {
        $parts = [];
        foreach ($value as $key => $one) {
            $shown = backfeed_show($one, $depth + 1);
            $parts[] = array_is_list($value) ? $shown : backfeed_show($key) . ' => ' . $shown;
        }
        return '[' . implode(', ', $parts) . ']';
    }
    if (is_float($value) && is_finite($value)) {
        return var_export($value, true);
    }
    if (is_string($value) && preg_match('//u', $value)) {
        return preg_match('/[\x00-\x1f\x7f]/', $value) ? backfeed_escaped($value) : var_export($value, true);
    }
    if ($value === null || is_bool($value) || is_int($value)) {
        return $value === null ? 'null' : json_encode($value);
    }
    throw new \DomainException('no value');
}

function backfeed_escaped(string $text): string
{
    $quoted = addcslashes($text, "\\\"\$\n\r\t");
    return '"' . preg_replace_callback('/[\x00-\x1f\x7f]/', fn ($one) => sprintf('\x%02x', ord($one[0])), $quoted) . '"';
}

function backfeed_record(int $number, \Closure $call): void
{
    ob_start();
    try {
        $value = $call();
        $text = backfeed_show($value);
    } catch (\Throwable $error) {
        $text = ''; // A call that fails has no value.
    }
    ob_end_clean();
    if ($text !== '' && strlen($text) <= 400) {
        echo "\nbackfeed-record $number $text\n";
    }
}

@CALLS@
