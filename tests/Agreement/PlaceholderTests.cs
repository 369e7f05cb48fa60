namespace Doppel.Agreement.Tests;
