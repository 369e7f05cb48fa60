using System;
using System.IO;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Running;

/// <summary>Opens what stands behind <c>--serial</c>.</summary>
internal static class SerialEnd
{
    /// <summary>The stream for output, or null for an unconnected port.</summary>
    internal static Stream? Open(RunOptions options)
    {
        try
        {
            return options.Serial switch
            {
                SerialTarget.Stdio => new DescriptorStream(1),
                SerialTarget.File => new FileStream(options.SerialPath, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0),
                _ => null,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            string what = options.Serial == SerialTarget.Stdio ? "standard output" : Printable.Line(options.SerialPath);
            throw e is DirectoryNotFoundException
                ? CliException.NotFound($"--serial: there is no folder for {what}")
                : CliException.HostCannot($"--serial: cannot write {what}: {HostChecks.Reason(e)}");
        }
    }
}
