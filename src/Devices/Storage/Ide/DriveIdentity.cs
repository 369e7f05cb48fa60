using System;

namespace Doppel.Devices.Storage.Ide;

/// <summary>What a drive says about itself; characters outside ASCII become blanks, and what is too long is cut.</summary>
/// <param name="Model">Up to 40 characters. A CD-ROM drive's inquiry splits it at the first blank into vendor and product.</param>
/// <param name="Serial">Up to 20 characters.</param>
/// <param name="Firmware">Up to 8 characters.</param>
public sealed record DriveIdentity(string Model, string Serial, string Firmware = "1.0")
{
    /// <summary>Identity of disk <paramref name="index"/>.</summary>
    public static DriveIdentity Disk(int index) => new("DOPPEL HARDDISK", "DP" + index.ToString("D5", System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Identity of CD-ROM drive <paramref name="index"/>.</summary>
    public static DriveIdentity Cdrom(int index) => new("DOPPEL DVD-ROM", "DC" + index.ToString("D5", System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Puts text into words as IDENTIFY has it: the first character in the high byte, blanks behind.</summary>
    internal static void PutSwapped(Span<ushort> to, string text)
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = (ushort)((Character(text, i * 2) << 8) | Character(text, (i * 2) + 1));
        }
    }

    /// <summary>Puts text into bytes, blanks behind.</summary>
    internal static void Put(Span<byte> to, string text)
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = Character(text, i);
        }
    }

    private static byte Character(string text, int at) => at < text.Length && text[at] is >= ' ' and < (char)0x7F ? (byte)text[at] : (byte)' ';
}
