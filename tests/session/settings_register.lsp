# VS Code reports changed settings only where one registered for them.
manual client/registerCapability
init vscode-9
<-- {"id":"$r","method":"client/registerCapability","params":{"registrations":[{"id":"*","method":"workspace/didChangeConfiguration","registerOptions":{"section":"emend"}}]}}
--> {"id":"$r","result":null}
