# Commands that cannot run say why, at once.
init vscode-9
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.nonsense","arguments":[]}}
<-- {"id":1,"error":{"code":-32602,"message":"~emend.nonsense.*emend.explain.*emend.status"}}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.do"}}
<-- {"id":2,"error":{"code":-32602,"message":"~task"}}
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.explain","arguments":[{"range":null}]}}
<-- {"id":3,"error":{"code":-32602,"message":"~uri"}}
--> {"id":4,"method":"workspace/executeCommand","params":{"command":"emend.explain","arguments":[{"uri":"untitled:x"}]}}
<-- {"id":4,"error":{"code":-32602,"message":"~save it"}}
open ${uri}/a.c "int a;\n" 7
--> {"id":5,"method":"workspace/executeCommand","params":{"command":"emend.explain","arguments":[{"uri":"${uri}/a.c","range":{"start":{"line":0,"character":0},"end":{"line":0,"character":3}},"version":6}]}}
<-- {"id":5,"error":{"code":-32803,"message":"~choose it again"}}
--> {"id":6,"method":"workspace/executeCommand","params":{"command":"emend.explain","arguments":[{"uri":"${uri}/a.c","range":{"start":"x"}}]}}
<-- {"id":6,"error":{"code":-32602,"message":"~range"}}
--> {"id":7,"method":"workspace/executeCommand","params":{"command":"emend.cancel","arguments":[{"task":"nope"}]}}
<-- {"id":7,"error":{"message":"~nope"}}
--> {"id":8,"method":"workspace/executeCommand","params":{"command":"emend.cancel"}}
<-- {"id":8,"result":{"cancelled":0}}
<-- {"method":"window/showMessage","params":{"message":"~no task"}}
--> {"id":9,"method":"workspace/executeCommand","params":{"command":"emend.tasks","arguments":null}}
<-- {"id":9,"result":{"tasks":[]}}
<-- {"method":"window/showMessage","params":{"type":3}}
--> {"id":10,"method":"workspace/executeCommand","params":{"command":"emend.diff","arguments":[]}}
<-- {"id":10,"error":{"message":"~changed a file"}}
--> {"id":11,"method":"workspace/executeCommand","params":{"command":"emend.status","arguments":[]}}
<-- {"id":11,"result":{"rssBytes":"*","uptime":"*","tasks":0,"sandbox":"*","model":null}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~memory"}}
--> {"id":12,"method":"workspace/executeCommand","params":{"command":"emend.undo","arguments":[]}}
<-- {"id":12,"error":{"code":-32803}}
--> {"id":13,"method":"emend/transcript","params":{"taskId":"nope"}}
<-- {"id":13,"error":{"code":-32602}}
--> {"id":14,"method":"workspace/textDocumentContent","params":{"uri":"emend:/x.md"}}
<-- {"id":14,"error":{"code":-32602}}
quiet 0.1
