# params may be missing, null or {}: Emacs sends null, or {} with exit.
init eglot-1.17
--> {"id":1,"method":"emend/tasks"}
<-- {"id":1,"result":{"tasks":[]}}
--> {"id":2,"method":"emend/tasks","params":null}
<-- {"id":2,"result":{"tasks":[]}}
--> {"id":3,"method":"emend/tasks","params":{}}
<-- {"id":3,"result":{"tasks":[]}}
--> {"id":"string id","method":"emend/tasks","params":[]}
<-- {"id":"string id","result":{"tasks":[]}}
--> {"id":4,"method":"workspace/executeCommand","params":null}
<-- {"id":4,"error":{"code":-32602}}
--> {"id":5,"method":"textDocument/codeAction","params":null}
<-- {"id":5,"error":{"code":-32602}}
--> {"id":6,"method":"shutdown","params":null}
<-- {"id":6,"result":null}
--> {"method":"exit","params":{}}
exit 0
