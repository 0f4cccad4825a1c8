<?php
// The job of the benchmark on Workerman: one worker process with both ports, as its manual shows for pushing to pages. How to get
// it: in an empty folder `composer require workerman/workerman` (and the extension ext-event, which its manual advises for
// speed), then `go run ./bench -workerman FOLDER`. maxSendBufferSize is raised so that nothing is lost; with -shed it is
// fanloop's limit, and a client over it is closed.
use Workerman\Connection\TcpConnection;
use Workerman\Worker;

$arguments = array_slice($argv, 1);
$autoload = current(array_filter($arguments, fn($a) => $a[0] !== '-'));
$echo = in_array('-echo', $arguments);
$shed = in_array('-shed', $arguments);
require $autoload;

// Workerman wants a command in the place of these arguments, and a port that is known.
$argv = [$argv[0], 'start'];
$_SERVER['argv'] = $argv;
function freePort(): string
{
    $socket = stream_socket_server('tcp://127.0.0.1:0');
    $address = stream_socket_get_name($socket, false);
    fclose($socket);
    return $address;
}

TcpConnection::$defaultMaxSendBufferSize = $shed ? 1 << 20 : 1 << 30;
Worker::$pidFile = tempnam(sys_get_temp_dir(), 'fanloop-bench');
Worker::$logFile = '/dev/null';
Worker::$stdoutFile = '/dev/null';
$pages = [];
$address = freePort();
$worker = new Worker("websocket://$address");
$worker->count = 1;
$worker->onMessage = function ($page, $message) use (&$pages, $echo) {
    if ($echo) {
        $page->send($message);
    } elseif (!isset($page->uid)) {
        $page->uid = $message;
        $pages[$message] = $page;
    }
};
$worker->onClose = function ($page) use (&$pages) {
    if (isset($page->uid) && ($pages[$page->uid] ?? null) === $page) {
        unset($pages[$page->uid]);
    }
};
if ($shed) {
    $worker->onBufferFull = fn($page) => $page->destroy();
}
$worker->onWorkerStart = function () use (&$pages, $echo, $address) {
    fwrite(STDOUT, "  websocket://$address\n");
    if ($echo) {
        return;
    }
    $textAddress = freePort();
    $text = new Worker("text://$textAddress");
    $text->onMessage = function ($backEnd, $line) use (&$pages) {
        $message = json_decode($line, true);
        if (isset($message['uid'])) {
            $page = $pages[$message['uid']] ?? null;
            $page?->send($line);
            $backEnd->send($page ? 'ok' : 'fail');
        } elseif (($message['all'] ?? false) === true) {
            foreach ($pages as $page) {
                $page->send($line);
            }
            $backEnd->send('ok');
        } else {
            $backEnd->send('fail');
        }
    };
    $text->listen();
    fwrite(STDOUT, "  text://$textAddress\n");
};
Worker::runAll();
