using System;
using System.IO;
using Doppel.Backends.Character;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Running;

/// <summary>Opens what stands behind <c>--serial</c>.</summary>
internal static class SerialEnd
{
    /// <summary>The far end for output, or null for an unconnected port.</summary>
    internal static StreamOutput? Open(RunOptions options, Action<StreamOutput> lost) => options.Serial switch
    {
        SerialTarget.Stdio => new StreamOutput(1, "standard output", lost),
        SerialTarget.File => ToFile(options.SerialPath, lost),
        _ => null,
    };

    private static StreamOutput ToFile(string path, Action<StreamOutput> lost)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        return Directory.Exists(folder)
            ? StreamOutput.ToFile(path, lost)
            : throw CliException.NotFound($"--serial: there is no folder {Printable.Line(folder)}");
    }
}
