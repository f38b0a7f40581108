# initializationOptions, with or without the section's name; a client that cannot be asked is not asked.
config: {"sandbox":"reduced"}
manual workspace/configuration
init nvim-0.7 {"initializationOptions":{"emend":{"model":"scripted:initial"}}}
--> {"id":1,"method":"emend/serverStatus","params":{}}
<-- {"id":1,"result":{"model":"scripted:initial","sandbox":"reduced"}}
quiet 0.1
