<?php
// A back end that moves one user's page: php push.php host:port uid percent
[, $address, $uid, $percent] = $argv;

$port = stream_socket_client("tcp://$address", $code, $message, 5);
if ($port === false) {
    fwrite(STDERR, "no push port at $address: $message\n");
    exit(1);
}
fwrite($port, json_encode(['uid' => $uid, 'percent' => $percent]) . "\n");
echo fgets($port);
