# What does not fit a message is opened as a document before a yes is possible, and again on "Show".
model: {"calls":[{"name":"run_command","input":{"command":"make test                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        ; touch one"}}]}
model: {"text":"The end."}
config: {"approve":"commands"}
env: EMEND_MODE=ask
check: one ""
file: Makefile "test:\n"
ignore $/progress
ignore window/logMessage
manual window/showDocument
init nvim-0.12
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"x"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"id":"$d","method":"window/showDocument","params":{"uri":"~/asked/emend-[0-9]+-1.txt$","takeFocus":false}}
quiet 0.3
--> {"id":"$d","result":{"success":true}}
<-- {"id":"$q","method":"window/showMessageRequest","params":{"message":"~open in the editor","actions":[{"title":"Deny"},{"title":"Allow once"},{"title":"Show"}]}}
--> {"id":"$q","result":{"title":"Show"}}
<-- {"id":"$e","method":"window/showDocument","params":{"uri":"~/asked/emend-[0-9]+-1.txt$"}}
--> {"id":"$e","result":{"success":true}}
<-- {"id":"$r","method":"window/showMessageRequest","params":{"message":"~open in the editor","actions":[{"title":"Deny"},"..."]}}
--> {"id":"$r","result":{"title":"Allow once"}}
<-- {"method":"window/showMessage","params":{"message":"~The end"}}
