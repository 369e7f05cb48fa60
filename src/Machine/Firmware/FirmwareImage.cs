using System;
using System.Buffers.Binary;
using System.Numerics;
using Doppel.Machine.Boot;

namespace Doppel.Machine.Firmware;

/// <summary>Kinds of PC firmware.</summary>
internal enum FirmwareKind
{
    /// <summary>A BIOS: a ROM that ends at 4 GiB and, its last 128 KiB, at 1 MiB.</summary>
    Bios = 0,

    /// <summary>UEFI code; its variables stand in flash of their own below it.</summary>
    UefiCode = 1,

    /// <summary>UEFI code in one piece with its variables, which stand at the start.</summary>
    UefiWhole = 2,
}

/// <summary>Firmware as it was read, told apart by its content.</summary>
internal sealed record FirmwareImage
{
    private const int PageBytes = 0x1000;
    private const int MinBytes = 0x1_0000;
    private const int MaxBytes = 16 << 20;
    private const int VolumeSignatureAt = 40;
    private const int VolumeKindAt = 16;
    private const int VolumeLengthAt = 32;

    // EFI_SYSTEM_NV_DATA_FV_GUID (UEFI platform initialisation specification 1.7, volume 3, section 3.2.1): a volume of variables.
    private static readonly Guid s_variables = new("FFF12B8D-7696-4C8B-A985-2747075B4F50");

    private FirmwareImage(ReadOnlyMemory<byte> bytes, FirmwareKind kind)
    {
        Bytes = bytes;
        Kind = kind;
        VariablesBytes = kind switch
        {
            FirmwareKind.Bios => 0,
            FirmwareKind.UefiCode => (int)BitOperations.RoundUpToPowerOf2((uint)bytes.Length) - bytes.Length,
            _ => (int)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span[VolumeLengthAt..]), (ulong)bytes.Length) & ~(PageBytes - 1),
        };
    }

    /// <summary>The bytes: 64 KiB to 16 MiB, a multiple of 4 KiB.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>What it is.</summary>
    public FirmwareKind Kind { get; }

    /// <summary>Room for variables, whole blocks of flash: below the code, or at its start where they are one piece. 0: none.</summary>
    public int VariablesBytes { get; }

    /// <summary>The name of its kind for people.</summary>
    public string Protocol => Kind == FirmwareKind.Bios ? "BIOS" : "UEFI";

    /// <summary>Looks at the bytes.</summary>
    /// <exception cref="BootException">They are no firmware.</exception>
    public static FirmwareImage Detect(ReadOnlyMemory<byte> bytes)
    {
        ReadOnlySpan<byte> span = bytes.Span;
        if (span.Length is < MinBytes or > MaxBytes || span.Length % PageBytes != 0)
        {
            throw new BootException($"the firmware has {span.Length} bytes; PC firmware has 64 KiB to 16 MiB in pages of 4 KiB");
        }

        if (!span[VolumeSignatureAt..].StartsWith("_FVH"u8))
        {
            return new FirmwareImage(bytes, FirmwareKind.Bios);
        }

        bool isWhole = new Guid(span.Slice(VolumeKindAt, 16)) == s_variables;
        return new FirmwareImage(bytes, isWhole ? FirmwareKind.UefiWhole : FirmwareKind.UefiCode);
    }
}
