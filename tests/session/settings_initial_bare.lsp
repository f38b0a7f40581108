init eglot-1.17 {"initializationOptions":{"model":"scripted:bare"}}
--> {"id":1,"method":"emend/serverStatus","params":{}}
<-- {"id":1,"result":{"model":"scripted:bare"}}
