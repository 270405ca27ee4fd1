"""The document to the People's Committee."""
