namespace Doppel.Cli.Media;

/// <summary>What a file is, as far as its content tells.</summary>
internal enum ImageKind
{
    /// <summary>A floppy disk.</summary>
    Floppy = 0,

    /// <summary>A CD-ROM.</summary>
    Cdrom = 1,

    /// <summary>A hard disk.</summary>
    Disk = 2,

    /// <summary>A kernel: Linux bzImage, ELF or multiboot.</summary>
    Kernel = 3,

    /// <summary>UEFI firmware for a flash chip.</summary>
    Flash = 4,
}

/// <summary>What <see cref="ImageProbe"/> found.</summary>
/// <param name="Kind">What the file is.</param>
/// <param name="Why">How that was told, in words that fit behind "looks like".</param>
/// <param name="Damage">What is wrong with it, or empty.</param>
internal readonly record struct ImageFinding(ImageKind Kind, string Why, string Damage = "");
