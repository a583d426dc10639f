<?php

// What PHP's compiler says of each text in a list, which comes as JSON. No text is run; each is
// compiled in a process of its own, where nothing of the others is declared.
declare(strict_types=1);

function backfeed_parsed(string $text): array
{
    try {
        token_get_all($text, TOKEN_PARSE);
        return [];
    } catch (Throwable $error) {
        return [['parse', $error->getLine(), $error->getMessage()]];
    }
}

function backfeed_compiled(string $file): array
{
    ini_set('display_errors', '1');
    ob_start();
    try {
        opcache_compile_file($file);
        $said = ob_get_clean();
    } catch (Throwable $error) {
        ob_end_clean();
        return [['compile', $error->getLine(), $error->getMessage()]];
    }
    $wrong = preg_match('/^(?:PHP )?(?:Fatal|Parse|Compile) error: +(.*) in \S+ on line (\d+)$/m', $said, $found);
    return $wrong ? [['compile', (int) $found[2], preg_replace('/\S*s\d+\.php:/', 'line ', $found[1])]] : [];
}

// Null where the compiler came to an end.
function backfeed_forked(int $number, string $text): ?array
{
    file_put_contents("s$number.php", $text);
    $child = pcntl_fork();
    if ($child === 0) {
        $found = json_encode(backfeed_compiled("s$number.php"), JSON_INVALID_UTF8_SUBSTITUTE);
        file_put_contents("s$number.json", $found);
        posix_kill(posix_getpid(), SIGKILL);
    }
    pcntl_waitpid($child, $status);
    $found = is_file("s$number.json") ? json_decode(file_get_contents("s$number.json"), true) : null;
    array_map('unlink', glob("s$number.*"));
    return $found;
}

$found = [];
foreach (json_decode(stream_get_contents(STDIN), true) as $number => $text) {
    $wrong = backfeed_parsed($text);
    $found[] = $wrong ?: (function_exists('opcache_compile_file') ? backfeed_forked($number, $text) : []);
}
echo json_encode(['version' => PHP_VERSION, 'found' => $found], JSON_INVALID_UTF8_SUBSTITUTE), "\n";
