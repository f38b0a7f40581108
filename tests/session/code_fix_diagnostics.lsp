# Fix takes the problems that the plugin passes, whichever server found them; without any it says what to do.
model: {"text":"The end.","expect":["2: use of undeclared identifier 'y'","3: unused variable 'z'"]}
file: a.c "int x;\nint f() { return y; }\nint z;\n"
ignore emend/task
ignore emend/text
ignore $/progress
ignore window/logMessage
init plugin
open ${uri}/a.c "int x;\nint f() { return y; }\nint z;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.fix","arguments":[{"uri":"${uri}/a.c","range":{"start":{"line":1,"character":0},"end":{"line":2,"character":0}},"diagnostics":[{"range":{"start":{"line":1,"character":17},"end":{"line":1,"character":18}},"severity":1,"source":"clang","message":"use of undeclared identifier 'y'"},{"range":{"start":{"line":2,"character":4},"end":{"line":2,"character":5}},"message":"unused variable 'z'\n"},{"message":"no range"},7]}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"message":"~Fix line 2: use of undeclared identifier 'y': done"}}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.fix","arguments":[{"uri":"${uri}/a.c","diagnostics":[]}]}}
<-- {"id":2,"error":{"code":-32602,"message":"~shows no problem here"}}
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.explain","arguments":[{"uri":"untitled:Untitled-1"}]}}
<-- {"id":3,"error":{"code":-32602,"message":"~save it first"}}
