# The input ends in the middle of a message.
init vscode-9
raw: "Content-Length: 100\r\n\r\n{\"jsonrpc\""
eof
exit 1
stderr in the middle of a message
