// The same push in other languages. Each is a whole program, with what is in the line quoted as the language wants it. A token is
// not shown: they take it from the environment.

const shell = (s) => `'${s.replaceAll("'", `'\\''`)}'`;
const quoted = (s) => `'${s.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`; // PHP's and Python's single quotes
const golang = (s) => s.includes('`') ? JSON.stringify(s) : '`' + s + '`';

export const snippets = {
  curl: {
    name: 'curl',
    code: (line, { origin, token }) => `curl ${token ? '-H "Authorization: Bearer $FANLOOP_TOKEN" \\\n  ' : ''}--json ${shell(line)} \\
  ${origin}/push`,
  },
  nc: {
    name: 'nc',
    code: (line, { textPort }) => `printf '%s\\n' ${shell(line)} |
  nc -N ${textPort.replace(/:(\d+)$/, ' $1').replace(/[[\]]/g, '')}`,
  },
  php: {
    name: 'PHP',
    code: (line, { origin, token }) => `<?php
$line = ${quoted(line)};
$push = stream_context_create(['http' => [
    'method' => 'POST',
    'header' => [
        'Content-Type: application/json',
${token ? "        'Authorization: Bearer ' . getenv('FANLOOP_TOKEN'),\n" : ''}    ],
    'content' => $line,
]]);
echo file_get_contents('${origin}/push', false, $push), "\\n";`,
  },
  python: {
    name: 'Python',
    code: (line, { origin, token }) => `${token ? 'import os\n' : ''}import urllib.request

line = ${quoted(line)}
push = urllib.request.Request(
    '${origin}/push',
    line.encode(),
    {'Content-Type': 'application/json'${token ? ",\n     'Authorization': 'Bearer ' + os.environ['FANLOOP_TOKEN']" : ''}},
)
print(urllib.request.urlopen(push).read().decode())`,
  },
  go: {
    name: 'Go',
    code: (line, { origin, token }) => `package main

import (
	"io"
	"log"
	"net/http"
	"os"
	"strings"
)

func main() {
	line := ${golang(line)}
	req, err := http.NewRequest("POST", "${origin}/push", strings.NewReader(line))
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
${token ? '\treq.Header.Set("Authorization", "Bearer "+os.Getenv("FANLOOP_TOKEN"))\n' : ''}	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	io.Copy(os.Stdout, answer.Body)
}`,
  },
};
