using System;
using System.Formats.Tar;
using System.IO;
using System.Threading;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Guests;

/// <summary>Takes single files out of a Debian package without unpacking the rest.</summary>
internal static class DebianPackage
{
    private const int MaxFileBytes = 64 << 20;

    /// <summary>The first regular file whose path ends with <paramref name="suffix"/>.</summary>
    internal static byte[] Extract(string package, string suffix, CancellationToken stop)
    {
        byte[]? content = null;
        OutsideProgram.Outcome outcome = OutsideProgram.Run("dpkg-deb", ["--fsys-tarfile", package], "/", null, stream => content = Find(stream, suffix), stop);
        if (content is not null)
        {
            return content;
        }

        string why = outcome.Code == 0 ? $"it holds no {suffix}" : $"dpkg-deb ended with {outcome.Code}";
        throw CliException.HostCannot($"package {Path.GetFileName(package)} cannot be used: {why}");
    }

    internal static byte[]? Find(Stream tar, string suffix)
    {
        using var reader = new TarReader(tar, leaveOpen: true);
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile
                && entry.Name.EndsWith(suffix, StringComparison.Ordinal)
                && entry.DataStream is { Length: > 0 and <= MaxFileBytes } data)
            {
                byte[] content = new byte[data.Length];
                data.ReadExactly(content);
                return content;
            }
        }

        return null;
    }
}
