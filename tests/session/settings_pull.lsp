# workspace/configuration, always with a section (some editors misalign items without).
manual workspace/configuration
init nvim-0.12
<-- {"id":"$pull","method":"workspace/configuration","params":{"items":[{"section":"emend"}]}}
--> {"id":"$pull","result":[{"model":"scripted:from-editor"}]}
--> {"id":1,"method":"emend/serverStatus","params":{}}
<-- {"id":1,"result":{"model":"scripted:from-editor"}}
# Pushed settings win; a sign without them asks again.
--> {"method":"workspace/didChangeConfiguration","params":{"settings":{"emend":{"model":"scripted:pushed"}}}}
--> {"id":2,"method":"emend/serverStatus","params":{}}
<-- {"id":2,"result":{"model":"scripted:pushed"}}
--> {"method":"workspace/didChangeConfiguration","params":{"settings":null}}
<-- {"id":"$again","method":"workspace/configuration"}
--> {"id":"$again","result":[null]}
--> {"id":3,"method":"emend/serverStatus","params":{}}
<-- {"id":3,"result":{"model":null}}
