<?php
// A back end that moves one user's page over TLS: php pushtls.php host:port ca.pem uid percent
[, $address, $ca, $uid, $percent] = $argv;

$context = stream_context_create(['ssl' => ['cafile' => $ca]]);
$port = stream_socket_client("ssl://$address", $code, $message, 5, STREAM_CLIENT_CONNECT, $context);
if ($port === false) {
    fwrite(STDERR, "no push port at $address: $message\n");
    exit(1);
}
fwrite($port, json_encode(['uid' => $uid, 'percent' => $percent]) . "\n");
echo fgets($port);
