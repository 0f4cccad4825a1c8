<?php
// Tests every method of Gateway.php against a running server with nobody on it: php test.php websocket-host:port text-host:port
error_reporting(E_ALL);
set_error_handler(static function (int $level, string $message, string $file, int $line): bool {
    if (error_reporting() & $level) { // not one that @ expects
        throw new ErrorException($message, 0, $level, $file, $line);
    }
    return true;
});
require __DIR__ . '/Gateway.php';

use Fanloop\Gateway;
use Fanloop\GatewayException;

const BOUND = 30; // seconds until what does not happen has failed

/** A web page: as much of RFC 6455 as that takes. */
final class Page
{
    private $socket;

    public function __construct(string $address, string $uid)
    {
        $this->socket = stream_socket_client("tcp://$address", $code, $message, BOUND);
        stream_set_timeout($this->socket, BOUND);
        fwrite($this->socket, "GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            . 'Sec-WebSocket-Key: ' . base64_encode(random_bytes(16)) . "\r\nSec-WebSocket-Version: 13\r\n\r\n");
        $head = '';
        while (substr($head, -4) !== "\r\n\r\n") {
            $head .= $this->read(1);
        }
        if (strncmp($head, 'HTTP/1.1 101', 12) !== 0) {
            throw new RuntimeException($head);
        }
        $before = Gateway::getAllClientCount();
        fwrite($this->socket, "\x81" . chr(0x80 | strlen($uid)) . "\0\0\0\0" . $uid);
        for ($end = time() + BOUND; Gateway::getAllClientCount() === $before;) {
            if (time() > $end) {
                throw new RuntimeException("$uid does not come online");
            }
        }
    }

    /** The next message: 'text hello', 'binary 00ff' or 'close 4000 reason'. */
    public function next(): string
    {
        [$first, $length] = array_values(unpack('C2', $this->read(2)));
        if ($length === 126) {
            $length = unpack('n', $this->read(2))[1];
        } elseif ($length === 127) {
            $length = unpack('J', $this->read(8))[1];
        }
        $payload = $length > 0 ? $this->read($length) : '';
        switch ($first & 15) {
            case 1:
                return 'text ' . $payload;
            case 2:
                return 'binary ' . bin2hex($payload);
            case 8:
                return trim('close ' . unpack('n', $payload)[1] . ' ' . substr($payload, 2));
        }
        return "opcode $first";
    }

    private function read(int $n): string
    {
        $bytes = '';
        while (strlen($bytes) < $n) {
            $part = fread($this->socket, $n - strlen($bytes));
            if ($part === '' || $part === false) {
                throw new RuntimeException('the page got nothing');
            }
            $bytes .= $part;
        }
        return $bytes;
    }
}

$failures = 0;
$called = [];

/** Calls a method and compares what it returns, or what it throws, as 'Class: message'. */
function expect($want, string $method, ...$arguments): void
{
    global $failures, $called;
    $called[$method] = true;
    try {
        $got = Gateway::$method(...$arguments);
    } catch (Exception $e) {
        $got = get_class($e) . ': ' . $e->getMessage();
    }
    if ($got !== $want) {
        $failures++;
        echo "$method", substr(json_encode($arguments, JSON_PARTIAL_OUTPUT_ON_ERROR), 0, 200), ': got ', var_export($got, true), ', want ', var_export($want, true), "\n";
    }
}

function gets(Page $page, string ...$messages): void
{
    global $failures;
    foreach ($messages as $want) {
        if (($got = $page->next()) !== $want) {
            $failures++;
            echo 'line ', debug_backtrace()[0]['line'], ": a page got $got, want $want\n";
        }
    }
}

$wrong = 'InvalidArgumentException: ';
$refused = GatewayException::class . ': ';
[, $websocket, Gateway::$address] = $argv;

// Nobody there.
expect(0, 'sendToUid', 'a', 'x');
expect(0, 'sendToGroup', 'g', 'x');
expect(0, 'sendToAll', 'x');
expect(0, 'joinGroup', 'a', 'g');
expect(0, 'leaveGroup', 'a', 'g');
expect(null, 'ungroup', 'g');
expect(0, 'unbindUid', 'a');
expect(0, 'closeClient', 'a');
expect(false, 'isUidOnline', 'a');
expect(false, 'isOnline', 'a');
expect([], 'getAllUidList');
expect(0, 'getAllUidCount');
expect(0, 'getAllClientCount');
expect([], 'getAllGroupIdList');
expect([], 'getUidListByGroup', 'g');
expect(0, 'getUidCountByGroup', 'g');
expect(0, 'getClientCountByGroup', 'g');
expect(0, 'getClientCountByGroup');
expect($refused . 'push: nobody there', 'command', 'push', ['uid' => 'a', 'data' => 1]);

// Two pages of a, one of 7, one of b.
$a1 = new Page($websocket, 'a');
$a2 = new Page($websocket, 'a');
$b = new Page($websocket, 'b');
$seven = new Page($websocket, '7');
expect(true, 'isUidOnline', 'a');
expect(true, 'isOnline', 7);
expect(['a' => 'a', 'b' => 'b', 7 => '7'], 'getAllUidList');
expect(3, 'getAllUidCount');
expect(4, 'getAllClientCount');

// Sending.
expect(2, 'sendToUid', 'a', 'hello');
gets($a1, 'text hello');
gets($a2, 'text hello');
expect(1, 'sendToUid', 7, "two\nlines, 你好 / \"<\u{2028}");
gets($seven, "text two\nlines, 你好 / \"<\u{2028}");
expect(2, 'sendToUid', ['b', 7, 'nobody', '7'], ['n' => 90.0, 's' => '/é']);
gets($b, 'text {"n":90.0,"s":"/é"}');
gets($seven, 'text {"n":90.0,"s":"/é"}');
expect(1, 'sendToUid', ['x' => 'b'], "\0\xff", true);
gets($b, 'binary 00ff');
expect(1, 'sendToUid', 'b', '');
gets($b, 'text ');
expect(1, 'sendToUid', 'b', null);
gets($b, 'text null');
expect(0, 'sendToUid', [], 'x');
expect(4, 'sendToAll', 'all');
gets($a1, 'text all');
gets($a2, 'text all');
expect(1, 'sendToAll', 'some', ['b', 'a'], 'a');
gets($b, 'text all', 'text some');
expect(1, 'sendToAll', "\1", null, ['a', 'b'], true);
gets($seven, 'text all', 'binary 01');
expect(0, 'sendToAll', 'x', []);

// Groups.
expect(3, 'joinGroup', ['a', 'b'], 'g');
expect(1, 'joinGroup', 7, 8);
expect(['g' => 'g', 8 => '8'], 'getAllGroupIdList');
expect(['a' => 'a', 'b' => 'b'], 'getUidListByGroup', 'g');
expect(2, 'getUidCountByGroup', 'g');
expect(3, 'getClientCountByGroup', 'g');
expect(4, 'getClientCountByGroup');
expect(3, 'sendToGroup', 'g', 'group');
gets($a1, 'text group');
gets($a2, 'text group');
gets($b, 'text group');
expect(2, 'sendToGroup', ['g', 8], 'groups', ['a']);
gets($b, 'text groups');
gets($seven, 'text groups');
expect(1, 'sendToGroup', 8, 'bin', null, true);
gets($seven, 'binary 62696e');
expect(2, 'leaveGroup', 'a', 'g');
expect(['b' => 'b'], 'getUidListByGroup', 'g');
expect(2, 'joinGroup', 'a', 'g');
expect(null, 'ungroup', 'g');
expect([8 => '8'], 'getAllGroupIdList');

// Mistakes.
expect($wrong . 'a uid must be a string that is not empty or an int, not an empty one', 'sendToUid', '', 'x');
expect($wrong . 'a uid must be a string that is not empty or an int, not double', 'sendToUid', 7.0, 'x');
expect($wrong . 'a uid must be a string that is not empty or an int, not NULL', 'isUidOnline', null);
expect($wrong . 'a uid must be a string that is not empty or an int, not array', 'isUidOnline', ['a']);
expect($wrong . 'a uid must be a string that is not empty or an int, not boolean', 'sendToAll', 'x', ['a', true]);
expect($wrong . 'a uid must be a string that is not empty or an int, not array', 'sendToAll', 'x', null, [['a']]);
expect($wrong . 'a group must be a string that is not empty or an int, not an empty one', 'joinGroup', 'a', '');
expect($wrong . 'a group must be a string that is not empty or an int, not array', 'joinGroup', 'a', ['g']);
expect($wrong . 'this cannot be sent as JSON: Malformed UTF-8 characters, possibly incorrectly encoded', 'sendToUid', 'a', "\xff");
expect($wrong . 'this cannot be sent as JSON: Inf and NaN cannot be JSON encoded', 'sendToUid', 'a', NAN);
expect($wrong . 'a binary message must be a string, not array', 'sendToUid', 'a', [1], true);
expect($wrong . 'this is too long: a line may have 4 MiB, not ' . (strlen('{"$cmd":"push","uid":"a","text":""}') + (4 << 20)) . ' bytes', 'sendToUid', 'a', str_repeat('x', 4 << 20));
expect($refused . 'push: message too large', 'sendToUid', 'a', str_repeat('x', (1 << 20) + 1));
expect($refused . 'join: group: name too long', 'joinGroup', 'a', str_repeat('g', 1025));
expect($refused . 'kick: code: want 1000-1003, 1007-1014 or 3000-4999', 'closeClient', 'a', null, 1005);
expect($refused . 'kick: reason: longer than 123 bytes', 'closeClient', 'a', null, 4000, str_repeat('r', 124));
expect($refused . 'shout: $cmd: unknown command shout', 'command', 'shout');
expect($refused . 'count: loud: not a member of count', 'command', 'count', ['loud' => true]);
expect(['connections' => 2], 'command', 'count', ['uid' => 'a']);

// A message of 1 MiB, in binary too, is not too long.
expect(1, 'sendToUid', 'b', str_repeat('x', 1 << 20));
gets($b, 'text ' . str_repeat('x', 1 << 20)); // it reads what it has before the next: two of them are more than may wait for it
expect(1, 'sendToUid', 'b', str_repeat("\xff", 1 << 20), true);
gets($b, 'binary ' . str_repeat('ff', 1 << 20));

// A forked child has its own connection, and leaves the parent's alone.
if (function_exists('pcntl_fork')) {
    $child = pcntl_fork();
    if ($child === 0) {
        $failures = 0;
        for ($i = 0; $i < 200; $i++) {
            expect(1, 'sendToUid', 7, 'child');
        }
        exit($failures === 0 ? 0 : 1);
    }
    for ($i = 0; $i < 200; $i++) {
        expect(1, 'sendToUid', 'b', 'parent');
    }
    pcntl_waitpid($child, $status);
    if ($status !== 0) {
        $failures++;
        echo "the forked child ended with $status\n";
    }
    for ($i = 0; $i < 200; $i++) {
        gets($seven, 'text child');
        gets($b, 'text parent');
    }
}

// Endings.
expect(null, 'disconnect');
expect(1, 'unbindUid', 7);
expect(false, 'isUidOnline', 7);
expect(1, 'closeClient', 'b', 'bye', 4003, 'expired');
gets($b, 'text bye', 'close 4003 expired');
expect(2, 'closeClient', ['a', 'b'], "\2", 1000, '', true);
gets($a1, 'binary 02', 'close 1000');
gets($a2, 'binary 02', 'close 1000');
expect(0, 'getAllClientCount');

foreach ((new ReflectionClass(Gateway::class))->getMethods(ReflectionMethod::IS_PUBLIC) as $method) {
    if (!isset($called[$method->getName()])) {
        $failures++;
        echo $method->getName(), " is not tested\n";
    }
}
echo $failures === 0 ? "ok\n" : "$failures failed\n";
exit($failures === 0 ? 0 : 1);
