using System;
using System.Globalization;
using Doppel.Backends;
using Doppel.Machine.Boot;
using Doppel.Memory;

namespace Doppel.Machine.Firmware;

/// <summary>The contents of the flash in which UEFI firmware keeps its variables, as the machine is made.</summary>
internal static class FirmwareVariables
{
    /// <summary>From the medium; where there is none, or it is all zero (new), from what came with the firmware, which the medium then gets too.</summary>
    /// <exception cref="BootException">The medium has another size, or cannot be read or written.</exception>
    public static GuestRam Load(FirmwareImage image, ReadOnlyMemory<byte> template, IBlockBackend? medium)
    {
        int length = image.VariablesBytes;
        byte[] contents = new byte[length];
        if (medium is null)
        {
            Empty(image, template.Span, contents);
        }
        else if (medium.LengthBytes != length)
        {
            throw new BootException(string.Create(CultureInfo.InvariantCulture, $"the firmware's variables in {medium.Description} have {medium.LengthBytes} bytes; this firmware's have {length}"));
        }
        else if (medium.Read(0, contents) != BlockStatus.Done)
        {
            throw new BootException($"cannot read the firmware's variables in {medium.Description}");
        }
        else if (!contents.AsSpan().ContainsAnyExcept((byte)0))
        {
            Empty(image, template.Span, contents);
            if (medium.Write(0, contents) != BlockStatus.Done)
            {
                throw new BootException($"cannot write the firmware's variables to {medium.Description}");
            }
        }

        GuestRam memory = new("variables", length);
        memory.Write(0, contents);
        return memory;
    }

    // Erased flash where nothing came with the firmware: it lays out its variables itself.
    private static void Empty(FirmwareImage image, ReadOnlySpan<byte> template, Span<byte> contents)
    {
        contents.Fill(0xFF);
        ReadOnlySpan<byte> source = image.Kind == FirmwareKind.UefiWhole ? image.Bytes.Span : template;
        source[..Math.Min(source.Length, contents.Length)].CopyTo(contents);
    }
}
