using System.Collections.Generic;

namespace Doppel.Architecture.Tests;

/// <summary>Fails a test with all sentences at once.</summary>
internal static class Report
{
    internal static void Empty(IEnumerable<string> violations)
    {
        string[] all = [.. violations];
        Assert.True(all.Length == 0, "\n" + string.Join('\n', all));
    }
}
