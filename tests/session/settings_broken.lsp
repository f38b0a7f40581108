# A broken setting is shown once, with its key, and tasks say it again.
init nvim-0.7 {"initializationOptions":{"emend":{"modle":"x"}}}
<-- {"method":"window/showMessage","params":{"type":1,"message":"~modle"}}
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"x"}]}}
<-- {"id":1,"error":{"code":-32803,"message":"~modle"}}
quiet 0.1
--> {"method":"workspace/didChangeConfiguration","params":{"settings":{"emend":{"model":"scripted:mended"}}}}
--> {"id":2,"method":"emend/serverStatus","params":{}}
<-- {"id":2,"result":{"model":"scripted:mended"}}
