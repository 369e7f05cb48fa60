using Doppel.Devices;
using Doppel.Devices.Pci;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>The ROM under the shadow RAM: the bytes of <paramref name="Memory"/> from <paramref name="Offset"/> on, up to 0xFFFFF.</summary>
/// <param name="Memory">The ROM's bytes.</param>
/// <param name="Offset">Offset of the byte shown at <paramref name="First"/>.</param>
/// <param name="First">First address, 0xE0000 or more and a multiple of 4096.</param>
public sealed record ShadowedRom(GuestRam Memory, long Offset, ulong First);

/// <summary>
/// What answers between 0xA0000 and 0xFFFFF as the host bridge says: lays pieces of main memory over the ROM (shadow RAM, from 0xC0000) and over the
/// display's window (system-management RAM, 0xA0000 to 0xBFFFF). Main memory must lie at guest-physical 0 from its offset 0. A segment that neither reads
/// nor writes RAM shows what the machine laid there (ROM, a hole).
/// </summary>
public sealed class ShadowMemory : IShadowMemory
{
    // Over ROM (1), under fixed registers' later claims of equal rank.
    private const int Priority = 2;

    // Over the registers of a display.
    private const int ManagementPriority = 3;
    private const int SegmentCount = 13;
    private const ulong ManagementStart = 0xA_0000;
    private const ulong ManagementBytes = 0x2_0000;
    private const ulong MiB = 0x10_0000;

    private readonly GuestPhysicalSpace _space;
    private readonly GuestRam _main;
    private readonly ShadowedRom? _rom;
    private readonly MemoryRegion?[] _regions = new MemoryRegion?[SegmentCount];
    private readonly int[] _modes = new int[SegmentCount];
    private MemoryRegion? _management;

    /// <summary>Shadow RAM out of <paramref name="main"/>; <paramref name="rom"/> is laid under it here.</summary>
    public ShadowMemory(GuestPhysicalSpace space, GuestRam main, ShadowedRom? rom = null)
    {
        _space = space;
        _main = main;
        _rom = rom;
        if (rom is not null)
        {
            _ = space.AddRom(new Gpa(rom.First), rom.Memory, rom.Offset, MiB - rom.First);
        }
    }

    /// <inheritdoc/>
    public void SetSegment(int segment, bool readRam, bool writeRam)
    {
        int mode = (readRam ? 1 : 0) | (writeRam ? 2 : 0);
        if ((uint)segment >= SegmentCount || _modes[segment] == mode)
        {
            return;
        }

        _modes[segment] = mode;
        MemoryRegion? before = _regions[segment];
        ulong at = segment == 0 ? 0xF_0000UL : 0xC_0000UL + ((ulong)(segment - 1) << 14);
        ulong length = segment == 0 ? 0x1_0000UL : 0x4000UL;
        _regions[segment] = mode switch
        {
            3 => _space.AddRam(new Gpa(at), _main, (long)at, length, Priority),
            2 => AddWriteOnly(at, length),
            1 => _space.AddRom(new Gpa(at), _main, (long)at, length, Priority),
            _ => null,
        };
        if (before is not null)
        {
            _space.Remove(before);
        }
    }

    /// <inheritdoc/>
    public void SetManagement(bool visible)
    {
        if (visible == (_management is not null))
        {
            return;
        }

        if (_management is { } before)
        {
            _management = null;
            _space.Remove(before);
        }
        else
        {
            _management = _space.AddRam(new Gpa(ManagementStart), _main, (long)ManagementStart, ManagementBytes, ManagementPriority);
        }
    }

    // Reads come from the ROM side, writes go to the RAM: how firmware copies itself byte by byte.
    private MemoryRegion AddWriteOnly(ulong at, ulong length)
    {
        bool hasRom = _rom is not null && _rom.First <= at;
        long romOffset = hasRom ? _rom!.Offset + (long)(at - _rom.First) : 0;
        MmioClaim claim = new(_space, "shadow", length, new Writer(_main, (long)at - romOffset), AccessSize.Qword, Priority);
        return hasRom
            ? _space.AddRom(new Gpa(at), _rom!.Memory, romOffset, length, Priority, claim)
            : _space.AddMmio(new Gpa(at), length, claim, Priority);
    }

    private sealed class Writer(GuestRam main, long bias) : IRegisterBlock
    {
        public bool TryRead(uint offset, AccessSize size, out ulong value)
        {
            value = size.AllOnes();
            return true;
        }

        public bool TryWrite(uint offset, AccessSize size, ulong value)
        {
            System.Span<byte> bytes = stackalloc byte[8];
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            main.Write(offset + bias, bytes[..(int)size]);
            return true;
        }
    }
}
