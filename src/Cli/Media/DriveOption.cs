using System;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Media;

/// <summary>What becomes of a guest's writes to an image.</summary>
internal enum WriteMode
{
    /// <summary>They go into the image.</summary>
    Through = 0,

    /// <summary>The medium is write-protected.</summary>
    ReadOnly = 1,

    /// <summary>They are kept aside and lost at the end.</summary>
    Discard = 2,
}

/// <summary>The value of <c>--disk</c>, <c>--floppy</c> or <c>--cdrom</c>: FILE, FILE,ro or FILE,discard; "none" for an empty drive.</summary>
/// <param name="Path">The image, or null for an empty drive.</param>
/// <param name="Mode">What becomes of writes.</param>
internal readonly record struct DriveOption(string? Path, WriteMode Mode)
{
    /// <summary>Reads the value of <paramref name="option"/>; throws the usage error.</summary>
    internal static DriveOption Parse(string option, string text, bool mayBeEmpty)
    {
        if (text == "none" && mayBeEmpty)
        {
            return new DriveOption(null, WriteMode.ReadOnly);
        }

        (string path, WriteMode mode) = (text, WriteMode.Through);
        if (text.EndsWith(",ro", StringComparison.Ordinal))
        {
            (path, mode) = (text[..^3], WriteMode.ReadOnly);
        }
        else if (text.EndsWith(",discard", StringComparison.Ordinal))
        {
            (path, mode) = (text[..^8], WriteMode.Discard);
        }

        return path.Length == 0 ? throw CliException.Usage($"{option} needs the name of an image") : new DriveOption(path, mode);
    }
}
