using System;
using Doppel.Backends;
using Doppel.Backends.Character;
using Doppel.Devices.Chipset.Flash;
using Doppel.Devices.Chipset.Ports;
using Doppel.Machine.Boot;
using Doppel.Machine.Firmware;
using Doppel.Memory;
using Doppel.Motherboard;
using Doppel.Primitives;

namespace Doppel.Machine;

/// <summary>
/// What a machine that boots through firmware has besides: main memory with a hole for display and ROM below 1 MiB, the firmware's ROM below 4 GiB and
/// once more below 1 MiB, shadow RAM, the device that tells the firmware of the machine, and the port of its log.
/// </summary>
internal sealed class FirmwareHardware : IDisposable
{
    // Vendor 1AF4, subsystem 1100: the mark on a host bridge by which firmware knows that it runs on a virtual board.
    public const uint BridgeSubsystem = 0x1100_1AF4;

    private const ulong FourGiB = 0x1_0000_0000;
    private const ulong LowHoleStart = 0xA_0000;
    private const int MaxShownBelow1MiB = 0x2_0000;
    private const uint PciMemoryWithLittleRam = 0x8000_0000;

    private readonly GuestRam _rom;
    private readonly GuestRam? _variables;

    /// <summary>Lays out the memory of <paramref name="map"/> around the firmware.</summary>
    /// <param name="space">The address space.</param>
    /// <param name="ram">Main memory.</param>
    /// <param name="map">Where it lies.</param>
    /// <param name="media">The firmware and what came with it.</param>
    /// <param name="variables">Where UEFI firmware keeps its variables, or null.</param>
    /// <exception cref="BootException">It is no firmware, or the variables are not of its size.</exception>
    public FirmwareHardware(GuestPhysicalSpace space, GuestRam ram, MemoryMap map, BootMedia media, IBlockBackend? variables)
    {
        FirmwareImage image = FirmwareImage.Detect(media.Firmware);
        Image = image;
        int length = image.Bytes.Length;
        _rom = new GuestRam("firmware", length);
        try
        {
            _rom.Write(0, image.Bytes.Span);
            _variables = image.VariablesBytes == 0 ? null : FirmwareVariables.Load(image, media.Variables, variables);
            _ = space.AddRam(new Gpa(0), ram, 0, LowHoleStart);
            if (map.LowBytes > MemoryMap.OneMiB)
            {
                _ = space.AddRam(new Gpa(MemoryMap.OneMiB), ram, (long)MemoryMap.OneMiB, map.LowBytes - MemoryMap.OneMiB);
            }

            _ = space.AddRom(new Gpa(FourGiB - (ulong)length), _rom, 0, (ulong)length);
            int shown = Math.Min(length, MaxShownBelow1MiB);
            Shadow = new ShadowMemory(space, ram, new ShadowedRom(_rom, length - shown, MemoryMap.OneMiB - (ulong)shown));
        }
        catch
        {
            _variables?.Dispose();
            _rom.Dispose();
            throw;
        }
    }

    /// <summary>The firmware.</summary>
    public FirmwareImage Image { get; }

    /// <summary>What the host bridge switches.</summary>
    public ShadowMemory Shadow { get; }

    /// <summary>What the firmware is told; there once <see cref="AddDevices"/> was called.</summary>
    public FirmwareConfig Config { get; private set; } = null!;

    /// <summary>Where memory of PCI functions may begin: firmware chooses by the size of RAM.</summary>
    public static uint PciMemoryStart(MemoryMap map) => map.LowBytes <= PciMemoryWithLittleRam ? PciMemoryWithLittleRam : (uint)MemoryMap.HoleStart;

    /// <summary>Adds the devices that firmware needs.</summary>
    public void AddDevices(Board board, MachineSpec spec, MemoryMap map, Func<AcpiHardware> hardware)
    {
        Config = new FirmwareConfig(spec, map, hardware);
        board.Add(Config.Device);
        if (_variables is not null)
        {
            ulong top = FourGiB - (Image.Kind == FirmwareKind.UefiWhole ? (ulong)(Image.Bytes.Length - Image.VariablesBytes) : (ulong)Image.Bytes.Length);
            board.Add(new FlashDevice(_variables, Image.VariablesBytes, new Gpa(top - (ulong)Image.VariablesBytes), spec.FirmwareVariables));
        }

        board.Add(new DebugConsole(spec.FirmwareLog ?? NullCharacter.Instance, DebugConsole.FirmwarePort));
    }

    public void Dispose()
    {
        _variables?.Dispose();
        _rom.Dispose();
    }
}
