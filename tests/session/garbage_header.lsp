# A broken header: nobody knows where the next message begins, so that is the end; and no stray byte.
init vscode-9
raw: "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
exit 1
stderr a header line such as
