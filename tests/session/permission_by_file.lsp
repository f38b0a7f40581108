# A plugin whose diffs are of one file is asked about the edits of a turn one by one.
model: {"calls":[{"name":"write_file","input":{"path":"a.c","content":"int a;\n"}},{"name":"write_file","input":{"path":"b.c","content":"int b;\n"}}]}
model: {"text":"The end."}
check: a.c "int a;\n"
check: b.c "int b;\n"
env: EMEND_MODE=ask
answer emend/permission {"result":{"title":"Allow once"}}
ignore emend/task
ignore emend/text
ignore emend/hunks
ignore $/progress
ignore window/logMessage
init plugin {"capabilities":{"experimental":{"emend":{"byFile":true}}}}
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"two files"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"emend/permission","params":{"subject":"a.c","diff":"~[+]int a"}}
<-- {"method":"emend/permission","params":{"subject":"b.c","diff":"~[+]int b"}}
<-- {"method":"window/showMessage","params":{"message":"~The end"}}
