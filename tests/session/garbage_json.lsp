# What is no JSON is answered with -32700 and a null id, and the connection lives.
init vscode-9
raw: "Content-Length: 9\r\n\r\n{\"id\":1,}"
<-- {"id":null,"error":{"code":-32700}}
raw: "Content-Length: 4\r\n\r\nnull"
<-- {"id":null,"error":{"code":-32600}}
raw: "Content-Length: 2\r\n\r\n[]"
<-- {"id":null,"error":{"code":-32600}}
raw: "content-length:   40\r\nContent-Type: application/vscode-jsonrpc; charset=utf8\r\nX-Other: y\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"nope\"}"
<-- {"id":5,"error":{"code":-32601}}
raw: "Content-Length: 5\r\n\r\n\"\u00ff\u00fe\u00fd\""
<-- {"id":null,"error":{"code":-32700}}
--> {"id":6,"method":"emend/tasks"}
<-- {"id":6,"result":{"tasks":[]}}
# A response to nothing is dropped.
--> {"id":"never-asked","result":{"x":1}}
--> {"id":99,"error":{"code":1,"message":"x"}}
quiet 0.1
