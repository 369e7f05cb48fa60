using System;
using System.Globalization;

namespace Doppel.Agreement.Tests.Live;

/// <summary>The host stub ended or hung in the middle of a batch.</summary>
/// <param name="exitCode">Its exit code; 142 when the alarm ended it.</param>
/// <param name="number">The case that it was running.</param>
internal sealed class HostStubException(int exitCode, int number) : Exception(string.Create(CultureInfo.InvariantCulture, $"the host stub ended (exit code {exitCode}) in case {number}"))
{
    /// <summary>Number of the case in its batch.</summary>
    internal int Case => number;
}
