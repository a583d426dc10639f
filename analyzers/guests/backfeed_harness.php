<?php

// Runs an answer and its tests inside a sandbox, and records on descriptor 3 what they came to.
//
// `backfeed_spec.json` names the files that are run, each of them in the global scope. The record's
// word lies in a generator that is suspended meanwhile, and nowhere else: a program that ends early
// leaves no record, and none that an answer writes is ours. What stands in no namespace calls
// functions that nobody can put others in the place of.
declare(strict_types=1);

const BACKFEED_LONGEST = 300;
const BACKFEED_MOST = 100;
const BACKFEED_NO_PHPUNIT = ['type' => 'ModuleNotFoundError', 'message' => 'phpunit 9', 'line' => 0];

/** What a test throws where it says `exit`. */
final class BackfeedEnded extends \Error
{
    public function __construct(public readonly mixed $status = 0)
    {
        parent::__construct(is_string($status) ? $status : 'exit');
    }
}

/** An assertion of a test's own, counted where it stands; how many there were where nothing is given. */
function backfeed_holds(mixed ...$words): mixed
{
    static $held = 0;
    if ($words === []) {
        return $held;
    }
    $held += basename(debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS, 1)[0]['file'] ?? '') === 'backfeed_test.php' ? 1 : 0;
    if (!$words[0]) {
        throw ($words[1] ?? null) instanceof Throwable ? $words[1] : new \AssertionError((string) ($words[1] ?? 'assert'));
    }
    return true;
}

/** A test whose assertions are counted, and whose end is not the end of the program. */
function backfeed_counted(string $text): string
{
    $tokens = PhpToken::tokenize($text);
    $near = static function (int $n, int $step) use ($tokens): ?PhpToken {
        do {
            $n += $step;
        } while (($tokens[$n] ?? null)?->isIgnorable());
        return $tokens[$n] ?? null;
    };
    $found = '';
    foreach ($tokens as $n => $token) {
        $called = (string) $near($n, 1) === '(';
        if ($token->is(T_EXIT)) {
            $found .= 'throw new \BackfeedEnded' . ($called ? '' : '()');
        } elseif ($token->is([T_STRING, T_NAME_FULLY_QUALIFIED]) && ltrim(strtolower($token->text), '\\') === 'assert'
            && $called && !$near($n, -1)?->is([T_FUNCTION, T_OBJECT_OPERATOR, T_NULLSAFE_OBJECT_OPERATOR, T_DOUBLE_COLON, T_NEW])) {
            $found .= '\backfeed_holds';
        } else {
            $found .= $token->text;
        }
    }
    return $found;
}

function backfeed_said(Throwable $error): string
{
    return substr(trim(preg_replace('/\s+/', ' ', $error->getMessage()) ?? ''), 0, BACKFEED_LONGEST);
}

/** An error as plain data; its line is in a file of tests, else in any of the answer's. */
function backfeed_explained(Throwable $error, array $tests, bool $asserted = false): array
{
    $places = [[$error->getFile(), $error->getLine()]];
    foreach ($error->getTrace() as $frame) {
        $places[] = [$frame['file'] ?? '', $frame['line'] ?? 0];
    }
    $line = 0;
    foreach ($places as [$file, $number]) {
        if (in_array($file, $tests, true)) {
            $line = $number;
            break;
        }
        $line = $line ?: (str_starts_with($file, getcwd()) && !str_contains($file, 'backfeed_') ? $number : 0);
    }
    $name = $asserted ? 'AssertionError' : (new \ReflectionClass($error))->getShortName();
    return ['type' => $name, 'message' => backfeed_said($error), 'line' => $line];
}

/** Was it the test that threw this, to say that something did not hold? */
function backfeed_asserted(Throwable $error, array $tests): bool
{
    if ($error instanceof \AssertionError || $error instanceof BackfeedEnded) {
        return true;
    }
    return !$error instanceof \Error && in_array($error->getFile(), $tests, true);
}

/** The files to run, one after the other; after each, `$backfeed_error` is what it threw. */
function backfeed_steps(): \Generator
{
    $spec = json_decode(file_get_contents('backfeed_spec.json'), true);
    unlink('backfeed_spec.json');
    $word = $spec['word'];
    $tests = array_map('realpath', $spec['known']);
    $suites = null;
    if ($spec['suites']) {
        if (!stream_resolve_include_path('PHPUnit/Autoload.php') || !(require 'PHPUnit/Autoload.php')
            || !interface_exists('PHPUnit\Framework\TestListener')) {
            backfeed_tell($word, [['executed' => 0, 'phase' => 'code', 'error' => BACKFEED_NO_PHPUNIT]]);
        }
        require __DIR__ . '/backfeed_phpunit.php';
        $suites = new BackfeedSuites($tests, $spec['skips']);
    }
    if ($spec['counted']) {
        file_put_contents($spec['counted'], backfeed_counted(file_get_contents($spec['counted'])));
    }
    backfeed_prepare($spec['answers'], $tests);
    [$failure, $phase] = [backfeed_misread($tests), 'reading'];
    foreach ($failure ? [] : $spec['files'] as [$phase, $file]) {
        $GLOBALS['backfeed_error'] = null;
        yield $file;
        $thrown = $GLOBALS['backfeed_error'];
        $ended = $thrown instanceof BackfeedEnded && $phase === 'test' && in_array($thrown->getFile(), $tests, true);
        if ($ended && in_array($thrown->status, [0, null, true], true)) {
            break;
        }
        if ($thrown !== null) {
            $failure = backfeed_explained($thrown, $tests, $phase === 'test' && backfeed_asserted($thrown, $tests));
            break;
        }
    }
    $told = [['executed' => $failure ? 0 : $spec['guards'] + backfeed_holds(), 'phase' => $phase, 'error' => $failure]];
    if ($suites && !$failure) {
        $told = [...$told, ...array_slice($suites->run(), 0, BACKFEED_MOST)];
    }
    backfeed_tell($word, $told);
}

function backfeed_tell(string $word, array $told): never
{
    $record = json_encode(['word' => $word, 'tests' => $told], JSON_INVALID_UTF8_SUBSTITUTE);
    file_put_contents('php://fd/3', $record);
    $wrong = array_filter($told, static fn (array $one): bool => $one['error'] !== null);
    backfeed_leave($wrong === [] ? 0 : 1);
}

/** End without what an answer has put down for the end. */
function backfeed_leave(int $status): never
{
    while (ob_get_level() > 0 && ob_end_flush()) {
    }
    if (function_exists('pcntl_exec')) {
        pcntl_exec('/bin/sh', ['-c', "exit $status"]);
    }
    exit($status);
}

/** The first fault of a file of tests that cannot be read. */
function backfeed_misread(array $tests): ?array
{
    foreach ($tests as $file) {
        try {
            token_get_all(file_get_contents($file), TOKEN_PARSE);
        } catch (Throwable $error) {
            return ['type' => 'ParseError', 'message' => backfeed_said($error), 'line' => $error->getLine()];
        }
    }
    return null;
}

/** Classes of an answer are found by the names of its files, as an autoloader of its own would. */
function backfeed_prepare(array $answers, array $tests): void
{
    $folders = array_unique(array_map('dirname', [...$tests, ...array_map('realpath', $answers)]));
    set_include_path(implode(':', ['.', ...$folders, get_include_path()]));
    if (!is_dir('vendor')) {
        mkdir('vendor');
        file_put_contents('vendor/autoload.php', '<?php');
    }
    $files = [];
    foreach ($answers as $path) {
        $files[strtolower(pathinfo($path, PATHINFO_FILENAME))] ??= realpath($path);
    }
    spl_autoload_register(static function (string $class) use ($files): void {
        $file = $files[strtolower(basename(strtr($class, '\\', '/')))] ?? null;
        if ($file !== null) {
            require_once $file;
        }
    });
}

foreach (backfeed_steps() as $backfeed_file) {
    try {
        include $backfeed_file;
    } catch (Throwable $backfeed_error) {
    }
}
