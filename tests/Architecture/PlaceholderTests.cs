namespace Doppel.Architecture.Tests;
