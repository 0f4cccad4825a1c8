package job

// Plaintext is what a GET of /plaintext is answered with: status 200, text/plain, a Content-Length.
const Plaintext = "Hello, World!"
