init vscode-9
raw: "Content-Length: 99999999999999999999\r\n\r\n"
exit 1
stderr Content-Length
