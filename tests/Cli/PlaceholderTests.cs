namespace Doppel.Cli.Tests;
