namespace Doppel.Cli.Reporting;

/// <summary>What the process returns. Scripts rely on these; docs/guide/running.md lists them.</summary>
internal static class ExitCode
{
    internal const int Success = 0;
    internal const int Failure = 1;
    internal const int Usage = 2;
    internal const int NotFound = 3;
    internal const int GuestCrashed = 4;
    internal const int HostCannot = 5;
    internal const int TimedOut = 124;
    internal const int Interrupted = 130;

    // 128 + signal number, as shells report it.
    internal const int HungUp = 129;
    internal const int OutputClosed = 141;
    internal const int Terminated = 143;
}
