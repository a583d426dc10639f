<?php

// Tests in PHPUnit 9, for `backfeed_harness.php`, beside which it lies in a sandbox.
//
// What later versions say in attributes is read as the annotations that this one knows. What
// assertions rest on must come from where the library lies.
declare(strict_types=1);

use PHPUnit\Framework\AssertionFailedError;
use PHPUnit\Framework\ExceptionWrapper;
use PHPUnit\Framework\Test;
use PHPUnit\Framework\TestCase;
use PHPUnit\Framework\TestListener;
use PHPUnit\Framework\TestListenerDefaultImplementation;
use PHPUnit\Framework\TestResult;
use PHPUnit\Framework\TestSuite;
use PHPUnit\Framework\Warning;
use PHPUnit\Runner\TestSuiteSorter;
use PHPUnit\Util\Annotation\DocBlock;
use PHPUnit\Util\Annotation\Registry;
use SebastianBergmann\Comparator\Factory;

/** A method whose attributes stand in its comment. */
final class BackfeedAnnotated extends ReflectionMethod
{
    public function getDocComment(): string|false
    {
        $lines = $rows = [];
        foreach ($this->getAttributes() as $one) {
            $name = preg_replace('/^PHPUnit\\\\Framework\\\\Attributes\\\\/', '', $one->getName(), 1, $of_phpunit);
            if ($of_phpunit && str_starts_with($name, 'TestWith')) {
                $rows[] = self::row(array_values($one->getArguments())[0]);
            } elseif ($of_phpunit) {
                $lines[] = self::annotation($name, $one->getArguments());
            }
        }
        $comment = (string) parent::getDocComment();
        $own = trim(preg_replace('/^\s*\/?\*+\/?/m', '', $comment) ?? '');
        $rows = $rows ? ['@testWith ' . implode("\n *           ", $rows)] : [];
        $lines = array_filter([...explode("\n", $own), ...$lines, ...$rows]);
        return $lines ? "/**\n * " . implode("\n * ", $lines) . "\n */" : false;
    }

    private static function row(string|array $words): string
    {
        $form = JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;
        return is_string($words) ? $words : json_encode(array_values($words), $form);
    }

    private static function annotation(string $name, array $words): string
    {
        $words = array_values($words);
        return match ($name) {
            'Test' => '@test',
            'DataProvider' => "@dataProvider $words[0]",
            'DataProviderExternal' => "@dataProvider $words[0]::$words[1]",
            'Depends', 'DependsOnClass' => "@depends $words[0]",
            'DependsExternal' => "@depends $words[0]::$words[1]",
            'RequiresPhp' => "@requires PHP $words[0]",
            'RequiresPhpExtension' => "@requires extension $words[0]",
            'RequiresFunction' => "@requires function $words[0]",
            'Before' => '@before',
            'After' => '@after',
            'BeforeClass' => '@beforeClass',
            'AfterClass' => '@afterClass',
            'DoesNotPerformAssertions' => '@doesNotPerformAssertions',
            default => '',
        };
    }
}

/** The classes of tests that the files of tests declare, and what they come to. */
final class BackfeedSuites implements TestListener
{
    use TestListenerDefaultImplementation;

    private array $told = [];
    private int $passed = 0;
    private readonly int $before;

    public function __construct(private readonly array $tests, private readonly bool $skips)
    {
        class_exists(TestCase::class);
        $this->before = count(get_declared_classes());
    }

    /** One entry for all that passed, and one for each that did not. */
    public function run(): array
    {
        $result = new TestResult();
        $result->addListener($this);
        foreach (['Deprecations', 'Errors', 'Notices', 'Warnings'] as $kind) {
            $result->{"convert{$kind}ToExceptions"}($this->expects());
        }
        foreach ($this->classes() as $class) {
            $this->annotate($class);
            $suite = new TestSuite($class);
            (new TestSuiteSorter())->reorderTestsInSuite($suite, TestSuiteSorter::ORDER_DEFAULT, true, TestSuiteSorter::ORDER_DEFAULT);
            self::inOneProcess($suite);
            $suite->run($result);
        }
        if ($strange = $this->strange()) {
            $this->fail("the answer changed $strange");
        }
        return [['executed' => $this->passed, 'phase' => 'test', 'error' => null], ...$this->told];
    }

    /** Do tests expect what PHP says beside its exceptions? Later versions let that pass. */
    private function expects(): bool
    {
        $texts = implode("\n", array_map('file_get_contents', $this->tests));
        return (bool) preg_match('/\bexpect(Warning|Notice|Deprecation|Error)(Message\w*)?\s*\(/', $texts);
    }

    /** @return ReflectionClass[] */
    private function classes(): array
    {
        $found = [];
        foreach (array_slice(get_declared_classes(), $this->before) as $name) {
            $class = new ReflectionClass($name);
            if ($class->isSubclassOf(TestCase::class) && !$class->isAbstract() && $this->isOwn($class)) {
                $found[] = $class;
            }
        }
        return $found;
    }

    private function isOwn(ReflectionClass $class): bool
    {
        return in_array($class->getFileName(), $this->tests, true);
    }

    private function annotate(ReflectionClass $class): void
    {
        $blocks = [];
        foreach ($class->getMethods() as $method) {
            if ($method->getFileName() && $method->getAttributes()) {
                $own = $method->getDeclaringClass()->getName();
                $block = DocBlock::ofMethod(new BackfeedAnnotated($own, $method->getName()), $own);
                $blocks[$own][$method->getName()] = $blocks[$class->getName()][$method->getName()] = $block;
            }
        }
        $known = new \ReflectionProperty(Registry::class, 'methodDocBlocks');
        $registry = Registry::getInstance();
        $known->setValue($registry, array_replace_recursive($known->getValue($registry), $blocks));
    }

    private static function inOneProcess(TestSuite $suite): void
    {
        foreach ($suite->tests() as $test) {
            if ($test instanceof TestSuite) {
                self::inOneProcess($test);
            } elseif ($test instanceof TestCase) {
                $test->setRunTestInSeparateProcess(false);
                $test->setRunClassInSeparateProcess(false);
            }
        }
    }

    /** What assertions rest on and the answer brought itself; empty if it is nothing. */
    private function strange(): string
    {
        $place = dirname((new ReflectionClass(TestCase::class))->getFileName(), 3);
        $own = static fn (string $name): bool => (bool) preg_match('/^(PHPUnit|SebastianBergmann)\\\\/i', $name);
        $classes = [...get_declared_classes(), ...get_declared_interfaces(), ...get_declared_traits()];
        $files = array_map(static fn (string $name) => (new ReflectionClass($name))->getFileName(), array_filter($classes, $own));
        $functions = array_filter(get_defined_functions()['user'], $own);
        $files = [...$files, ...array_map(static fn (string $name) => (new \ReflectionFunction($name))->getFileName(), $functions)];
        foreach ($files as $file) {
            if (!str_starts_with((string) $file, $place)) {
                return 'PHPUnit';
            }
        }
        $own = new \ReflectionProperty(Factory::class, 'customComparators');
        foreach ($own->getValue(Factory::getInstance()) as $one) {
            if (!$this->isOwn(new ReflectionClass($one))) {
                return 'how PHPUnit compares';
            }
        }
        return '';
    }

    private function fail(string $message): void
    {
        $error = ['type' => 'AssertionError', 'message' => $message, 'line' => 0];
        $this->told[] = ['executed' => 1, 'phase' => 'test', 'error' => $error];
    }

    public function addError(Test $test, Throwable $t, float $time): void
    {
        $error = backfeed_explained(self::thrown($t), $this->tests);
        $this->told[] = ['executed' => 1, 'phase' => 'test', 'error' => $error];
    }

    public function addFailure(Test $test, AssertionFailedError $e, float $time): void
    {
        $this->told[] = ['executed' => 1, 'phase' => 'test', 'error' => backfeed_explained($e, $this->tests, true)];
    }

    public function addWarning(Test $test, Warning $e, float $time): void
    {
        if (preg_match('/deprecated|will be removed/', $e->getMessage())) {
            $this->passed += $test instanceof TestCase && $test->getNumAssertions() > 0 ? 1 : 0;
        } elseif (!str_starts_with($e->getMessage(), 'No tests found')) {
            $this->told[] = ['executed' => 0, 'phase' => 'code', 'error' => backfeed_explained($e, $this->tests)];
        }
    }

    public function addSkippedTest(Test $test, Throwable $t, float $time): void
    {
        if (!$this->skips && !preg_match('/^This test depends on /', $t->getMessage())) {
            $this->fail($test instanceof TestCase ? $test->getName() . ': skipped by the answer' : $t->getMessage());
        }
    }

    public function addIncompleteTest(Test $test, Throwable $t, float $time): void
    {
        $this->addSkippedTest($test, $t, $time);
    }

    public function endTest(Test $test, float $time): void
    {
        if ($test instanceof TestCase && $test->getStatus() === \PHPUnit\Runner\BaseTestRunner::STATUS_PASSED) {
            $this->passed += $test->getNumAssertions() > 0 ? 1 : 0;
        }
    }

    /** What was thrown, where the library keeps it in an error of its own. */
    private static function thrown(Throwable $error): Throwable
    {
        return $error instanceof ExceptionWrapper ? $error->getOriginalException() ?? $error : $error;
    }
}
