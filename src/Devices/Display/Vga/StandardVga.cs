using System;
using System.Numerics;
using Doppel.Devices.Pci;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Devices.Display.Vga;

/// <summary>
/// The "standard VGA" of Bochs and QEMU, PCI 1234:1111: a VGA to register level (IBM PS/2 technical reference, FreeVGA) and super-VGA modes by
/// the DISPI interface. Ports 0x3B4-0x3DF and 0x1CE-0x1D0, memory 0xA0000-0xBFFFF (all always decoded), video memory in base address
/// register 0, registers in 2, the BIOS in the expansion ROM. <see cref="VgaScreen"/> makes pictures of it.
/// Not modelled: interlace, counting and shift-load by 2 and 4, hardware skew of the display, blinking in graphics modes, and what the parts say.
/// </summary>
public sealed class StandardVga : PciFunction
{
    /// <summary>Usual size of the video memory.</summary>
    public const long UsualMemoryBytes = 16 << 20;

    private const long LeastMemoryBytes = 256 << 10;
    private const int LeastRomBytes = 4096;
    private const int MostRomBytes = 1 << 20;

    /// <summary>Creates the adapter. The caller keeps both memories and disposes them after it.</summary>
    /// <param name="memory">Video memory, a power of two from 256 KiB to 256 MiB. Its dirty marks belong to the screen.</param>
    /// <param name="rom">The VGA BIOS, as <see cref="NewRom"/> makes it, or null.</param>
    public StandardVga(GuestRam memory, GuestRam? rom = null)
        : base("vga", new PciIdentity(0x1234, 0x1111, 0x03_00_00, 2) { SubsystemVendorId = 0x1AF4, SubsystemId = 0x1100 })
    {
        if (memory.LengthBytes is < LeastMemoryBytes or > 256 << 20 || !BitOperations.IsPow2(memory.LengthBytes))
        {
            throw new ArgumentOutOfRangeException(nameof(memory), "video memory is a power of two from 256 KiB to 256 MiB");
        }

        Chip = new VgaChip(memory);
        DefineBar(0, PciBar.Ram("frame-buffer", memory, 0, (ulong)memory.LengthBytes));
        DefineBar(2, PciBar.Memory("registers", StandardVgaRegisters.LengthBytes, new StandardVgaRegisters(Chip)));
        if (rom is not null)
        {
            DefineRom("rom", rom);
        }
    }

    internal VgaChip Chip { get; }

    /// <summary>Memory that holds an expansion ROM: <paramref name="image"/>, at most 1 MiB, filled up with ones to a power of two. The caller disposes it.</summary>
    public static GuestRam NewRom(ReadOnlySpan<byte> image)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(image.Length, MostRomBytes);
        int length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(image.Length, LeastRomBytes));
        GuestRam rom = new("vga-rom", length);
        rom.Write(0, image);
        rom.Fill(image.Length, length - image.Length, 0xFF);
        return rom;
    }

    /// <inheritdoc/>
    protected override void ConnectDevice(IDeviceSlot slot) => Chip.Connect(slot);

    /// <inheritdoc/>
    protected override void ResetDevice(ResetKind kind) => Chip.Reset(kind);

    /// <inheritdoc/>
    protected override void SaveDevice(IStateWriter to) => Chip.Save(to);

    /// <inheritdoc/>
    protected override void RestoreDevice(IStateReader from) => Chip.Restore(from);
}
