<?php
/**
 * What a PHP back end says to fanloop's text port, under the names of GatewayWorker's Gateway. One file, PHP 7.4 or newer, no
 * dependencies:
 *
 *     require 'Gateway.php';
 *     use Fanloop\Gateway;
 *
 *     Gateway::$address = '127.0.0.1:5678';
 *     Gateway::sendToUid('uid1', 'hello');          // 2: two of the user's pages took it
 *     Gateway::sendToAll(['price' => 90.5]);        // what is not a string is sent as JSON
 *     Gateway::joinGroup('uid1', 'news');
 *     Gateway::isUidOnline('uid1');                 // true
 *
 * What differs from GatewayWorker: back ends do not know connections, only uids. Where GatewayWorker has a client id, a uid stands
 * here, and means all of the user's pages. There is no bindUid: a page says its uid itself, with its first message. Those that send tell how
 * many pages took the message.
 *
 * A uid or group is a string that is not empty, or an int: 7 and '7' are the same.
 *
 * The connection is opened by the first call, used for all that follow in the process (in php-fpm: in the request), and not shared
 * with a forked child, which opens its own. When it turns out to be broken, one new connection is tried:
 *
 *   - always, when the line had not been handed over whole, for half a line is nothing to the server;
 *   - when the line was on its way and its answer did not come, only where doing it again changes nothing: questions, joinGroup and
 *     leaveGroup. A message, a kick and an unbind are never sent twice. The exception says that it may have been done, or not.
 *
 * After a timeout nothing is tried again.
 *
 * Everything throws GatewayException when the server cannot be reached, does not answer in time, or says that something is wrong;
 * and InvalidArgumentException, before anything is sent, for what cannot be sent. That nobody was there is neither: it is 0, false or [].
 */

namespace Fanloop;

final class GatewayException extends \RuntimeException
{
    /** @var array|null the server's answer when that was fail, with the reason in 'error'; null when there was no answer */
    public $answer = null;
}

final class Gateway
{
    /** @var string the text port: host:port, [IPv6]:port or unix:/path */
    public static $address = '127.0.0.1:5678';

    /** @var string what a port that other machines can reach has to be shown, the server's -token; '' shows nothing */
    public static $token = '';

    /** @var float how many seconds connecting may take */
    public static $connectTimeout = 3.0;

    /** @var float how many seconds writing a line and reading its answer may take together */
    public static $timeout = 5.0;

    /**
     * Sends a message to all pages of a user, or of several. A string arrives as it is, as a text message, or with $binary as a
     * binary one; anything else arrives as its JSON.
     *
     * @param string|int|array $uid
     * @param mixed            $message
     * @return int how many pages took it; 0 when nobody was there
     */
    public static function sendToUid($uid, $message, bool $binary = false): int
    {
        return self::reach('push', ['uid' => self::names('uid', $uid)] + self::message($message, $binary), 'taken');
    }

    /**
     * Sends a message to everybody in a group, or in one of several, each page once. Excepted are uids, where GatewayWorker has client ids.
     *
     * @param string|int|array      $group
     * @param mixed                 $message
     * @param string|int|array|null $excludeUid
     * @return int how many pages took it
     */
    public static function sendToGroup($group, $message, $excludeUid = null, bool $binary = false): int
    {
        $to = ['group' => self::names('group', $group)] + self::except($excludeUid);
        return self::reach('push', $to + self::message($message, $binary), 'taken');
    }

    /**
     * Sends a message to everybody who has said a uid; with $uids only to those. Both lists are of uids, where GatewayWorker
     * has client ids.
     *
     * @param mixed                 $message
     * @param array|null            $uids
     * @param string|int|array|null $excludeUid
     * @return int how many pages took it
     */
    public static function sendToAll($message, $uids = null, $excludeUid = null, bool $binary = false): int
    {
        $to = ($uids === null ? ['all' => true] : ['uid' => self::names('uid', $uids)]) + self::except($excludeUid);
        return self::reach('push', $to + self::message($message, $binary), 'taken');
    }

    /**
     * Puts all pages that a user, or several, has open now into a group. (A uid, where GatewayWorker has a client id.)
     *
     * @param string|int|array $uid
     * @param string|int       $group
     * @return int how many pages of theirs are in it; 0 when they are offline
     */
    public static function joinGroup($uid, $group): int
    {
        return self::reach('join', ['uid' => self::names('uid', $uid), 'group' => self::name('group', $group)], 'connections');
    }

    /**
     * Takes all pages of a user, or of several, out of a group. (A uid, where GatewayWorker has a client id.)
     *
     * @param string|int|array $uid
     * @param string|int       $group
     * @return int how many pages they have, none of which is in it any more
     */
    public static function leaveGroup($uid, $group): int
    {
        return self::reach('leave', ['uid' => self::names('uid', $uid), 'group' => self::name('group', $group)], 'connections');
    }

    /**
     * Takes everybody out of a group, a thousand at a time. Who joins meanwhile may stay.
     *
     * @param string|int $group
     */
    public static function ungroup($group): void
    {
        foreach (self::pages('members', ['group' => self::name('group', $group)], 'uids') as $uids) {
            self::leaveGroup($uids, $group);
        }
    }

    /**
     * Takes the uid from all pages of a user, or of several. They stay open, are in no group, get nothing any more, and can say a uid
     * again only by connecting again. (GatewayWorker's takes a client id and a uid.)
     *
     * @param string|int|array $uid
     * @return int how many pages had it
     */
    public static function unbindUid($uid): int
    {
        return self::reach('unbind', ['uid' => self::names('uid', $uid)], 'connections');
    }

    /**
     * Hangs up on all pages of a user, or of several, after a last message unless that is null. (A uid, where GatewayWorker has
     * a client id.)
     *
     * @param string|int|array $uid
     * @param mixed            $message
     * @param int              $code   of the Close frame: 1000-1003, 1007-1014 or 3000-4999
     * @param string           $reason beside the code, at most 123 bytes
     * @return int how many pages were hung up on
     */
    public static function closeClient($uid, $message = null, int $code = 4000, string $reason = '', bool $binary = false): int
    {
        $members = ['uid' => self::names('uid', $uid), 'code' => $code, 'reason' => $reason];
        return self::reach('kick', $members + ($message === null ? [] : self::message($message, $binary)), 'connections');
    }

    /**
     * Whether a user has a page open.
     *
     * @param string|int $uid
     */
    public static function isUidOnline($uid): bool
    {
        return self::command('online', ['uid' => self::name('uid', $uid)])['online'];
    }

    /**
     * The same as isUidOnline: a uid, where GatewayWorker has a client id.
     *
     * @param string|int $uid
     */
    public static function isOnline($uid): bool
    {
        return self::isUidOnline($uid);
    }

    /** @return array uid => uid, of everybody who is online */
    public static function getAllUidList(): array
    {
        return self::collect('uids', [], 'uids');
    }

    /** How many different uids are online. */
    public static function getAllUidCount(): int
    {
        return self::command('count')['uids'];
    }

    /** How many pages have said a uid. */
    public static function getAllClientCount(): int
    {
        return self::command('count')['connections'];
    }

    /** @return array group => group, of those with somebody in them */
    public static function getAllGroupIdList(): array
    {
        return self::collect('groups', [], 'groups');
    }

    /**
     * @param string|int $group
     * @return array uid => uid, of those with a page in the group
     */
    public static function getUidListByGroup($group): array
    {
        return self::collect('members', ['group' => self::name('group', $group)], 'uids');
    }

    /**
     * How many different uids have a page in the group. It costs as much as the list.
     *
     * @param string|int $group
     */
    public static function getUidCountByGroup($group): int
    {
        return count(self::getUidListByGroup($group));
    }

    /**
     * How many pages are in the group; without one, as getAllClientCount.
     *
     * @param string|int $group
     */
    public static function getClientCountByGroup($group = ''): int
    {
        if ($group === '') {
            return self::getAllClientCount();
        }
        return self::command('count', ['group' => self::name('group', $group)])['connections'];
    }

    /**
     * Any of the server's commands, with its members as docs/backend.md tells them; for what has no method here.
     *
     * @return array the answer, when that is ok
     * @throws GatewayException when it is fail, also because nobody is there; then with the answer
     */
    public static function command(string $name, array $members = []): array
    {
        try {
            $flags = JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION;
            $line = json_encode(['$cmd' => $name] + $members, $flags);
        } catch (\JsonException $e) {
            throw new \InvalidArgumentException('this cannot be sent as JSON: ' . $e->getMessage(), 0, $e);
        }
        if (strlen($line) > self::MAX_LINE) {
            throw new \InvalidArgumentException('this is too long: a line may have 4 MiB, not ' . strlen($line) . ' bytes');
        }
        return self::parse($name, self::ask($line, !in_array($name, ['push', 'kick', 'unbind'], true)));
    }

    /** Closes the connection, if there is one. The next call opens another. */
    public static function disconnect(): void
    {
        self::$socket = null;
    }

    /** A command that is done to pages: how many, and 0 when nobody was there. */
    private static function reach(string $name, array $members, string $count): int
    {
        try {
            return self::command($name, $members)[$count];
        } catch (GatewayException $e) {
            if ($e->answer !== null && in_array($e->answer['error'], ['nobody there', 'nobody took it'], true)) {
                return 0;
            }
            throw $e;
        }
    }

    /** A list, one page of the server's after the other. */
    private static function pages(string $name, array $members, string $list): \Generator
    {
        do {
            $answer = self::command($name, $members);
            yield $answer[$list];
            $members['cursor'] = $answer['cursor'] ?? null;
        } while ($members['cursor'] !== null);
    }

    private static function collect(string $name, array $members, string $list): array
    {
        $all = [];
        foreach (self::pages($name, $members, $list) as $page) {
            foreach ($page as $entry) {
                $all[$entry] = $entry;
            }
        }
        return $all;
    }

    private static function message($message, bool $binary): array
    {
        if (!$binary) {
            return is_string($message) ? ['text' => $message] : ['data' => $message];
        }
        if (!is_string($message)) {
            throw new \InvalidArgumentException('a binary message must be a string, not ' . gettype($message));
        }
        return ['binary' => base64_encode($message)];
    }

    private static function except($uids): array
    {
        return $uids === null ? [] : ['except' => self::names('uid', $uids)];
    }

    private static function name(string $what, $name)
    {
        if (is_int($name) || is_string($name) && $name !== '') {
            return $name;
        }
        $given = $name === '' ? 'an empty one' : gettype($name);
        throw new \InvalidArgumentException("a $what must be a string that is not empty or an int, not $given");
    }

    private static function names(string $what, $names)
    {
        if (!is_array($names)) {
            return self::name($what, $names);
        }
        foreach ($names as $name) {
            self::name($what, $name);
        }
        return array_values($names);
    }

    private static function parse(string $name, string $answer): array
    {
        $word = strstr($answer, ' ', true);
        $body = $word === 'ok' || $word === 'fail' ? json_decode(substr($answer, strlen($word)), true) : null;
        if ($answer === 'fail') {
            throw new GatewayException("$name: the server refused the line; it is too long, or the server has no commands");
        }
        if (!is_array($body)) {
            throw new GatewayException("$name: this is no answer of a text port of fanloop: " . substr($answer, 0, 100));
        }
        if ($word === 'fail') {
            $e = new GatewayException($name . ': ' . ($body['error'] ?? 'failed'));
            $e->answer = $body + ['error' => ''];
            throw $e;
        }
        return $body;
    }

    private const MAX_LINE = 4 << 20;

    /** @var resource|null the connection while nobody waits for an answer on it */
    private static $socket = null;

    /** @var string whose it is: process and address */
    private static $owner = '';

    /** Writes a line and reads its answer. $again: whether it may be done twice. */
    private static function ask(string $line, bool $again): string
    {
        $deadline = microtime(true) + self::$timeout;
        $fate = 'nothing was done';
        for ($last = false; ; $last = true) {
            // An exception out of a signal handler must not leave the answer of one question to the next: so the connection
            // is put back only when it is at rest.
            $socket = self::take();
            self::$socket = null;
            if (!self::write($socket, $line . "\n", $deadline, $fate)) {
                if (!$last) {
                    continue;
                }
                throw new GatewayException('the connection to ' . self::$address . ' broke; ' . $fate);
            }
            $fate = 'it may have been done, or not';
            $answer = self::read($socket, $deadline);
            if ($answer !== null) {
                self::$socket = $socket;
                return $answer;
            }
            if ($last || !$again) {
                throw new GatewayException('the connection to ' . self::$address . ' broke before the answer came; ' . $fate);
            }
        }
    }

    /** @return resource a connection that is at rest, a new one if need be */
    private static function take()
    {
        $owner = getmypid() . ' ' . self::$address;
        if (self::$socket === null || self::$owner !== $owner || self::readable(self::$socket, 0.0)) {
            // At rest there is nothing to read but the end.
            self::$socket = null;
            self::$owner = $owner;
            return self::connect();
        }
        return self::$socket;
    }

    /** @return resource */
    private static function connect()
    {
        $path = strncmp(self::$address, 'unix:', 5) === 0 ? substr(self::$address, 5) : null;
        $url = $path === null ? 'tcp://' . self::$address : 'unix://' . $path;
        $socket = @stream_socket_client($url, $code, $message, self::$connectTimeout);
        if ($socket === false) {
            throw new GatewayException('no connection to ' . self::$address . ': ' . ($message ?: 'the address cannot be used'), (int) $code);
        }
        stream_set_blocking($socket, false);
        self::show(self::$token, $socket);
        return $socket;
    }

    /** Shows the token, which is the first line of a connection. */
    private static function show(string $token, $socket): void
    {
        if ($token === '') {
            return;
        }
        if (strpbrk($token, "\r\n") !== false) {
            throw new \InvalidArgumentException('the token has a line end');
        }
        $deadline = microtime(true) + self::$connectTimeout;
        $shown = self::write($socket, 'auth ' . $token . "\n", $deadline, 'nothing was done');
        if (!$shown || self::read($socket, $deadline) !== 'ok') {
            throw new GatewayException('the server at ' . self::$address . ' does not take the token; nothing was done');
        }
    }

    /** False when the connection is broken; the server has less than the line then. */
    private static function write($socket, string $line, float $deadline, string $fate): bool
    {
        for ($sent = 0; $sent < strlen($line);) {
            $none = null;
            $writable = [$socket];
            if (!self::select($none, $writable, $deadline)) {
                throw new GatewayException('the server at ' . self::$address . ' did not take the line in ' . self::$timeout . ' s; ' . $fate);
            }
            $n = @fwrite($socket, substr($line, $sent, 1 << 16));
            if ($n === false) {
                return false;
            }
            $sent += $n;
        }
        return true;
    }

    /** The answer without its line end; null when the connection broke before it was whole. */
    private static function read($socket, float $deadline): ?string
    {
        $answer = '';
        while (substr($answer, -1) !== "\n") {
            if (!self::readable($socket, $deadline)) {
                throw new GatewayException('no answer from ' . self::$address . ' in ' . self::$timeout . ' s; it may have been done, or not');
            }
            $answer .= @fread($socket, 1 << 16);
            if (feof($socket) && substr($answer, -1) !== "\n") {
                return null;
            }
        }
        return substr($answer, 0, -1);
    }

    /** Whether there is something to read, be it the end, before the deadline. */
    private static function readable($socket, float $deadline): bool
    {
        $readable = [$socket];
        $none = null;
        return self::select($readable, $none, $deadline);
    }

    /** stream_select, until the deadline however many signals come. */
    private static function select(?array $read, ?array $write, float $deadline): bool
    {
        do {
            $r = $read;
            $w = $write;
            $none = null;
            $left = max(0.0, $deadline - microtime(true));
            $ready = @stream_select($r, $w, $none, (int) $left, (int) (fmod($left, 1.0) * 1e6));
        } while (!$ready && microtime(true) < $deadline);
        return (bool) $ready;
    }
}
