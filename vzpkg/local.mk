# vzpkg
