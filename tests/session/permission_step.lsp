# Another is asked once, with the diff of all of them.
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
init plugin {"capabilities":{"experimental":{"emend":{}}}}
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"two files"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"emend/permission","params":{"title":"Make 2 edits","subject":"a.c, b.c","diff":"~(?s)[+]int a.*[+]int b"}}
<-- {"method":"window/showMessage","params":{"message":"~The end"}}
