using System;
using System.Buffers.Binary;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Devices.Display.Vga;

/// <summary>
/// Video memory as the CPU sees it at 0xA0000-0xBFFFF: the graphics controller with its latches, write modes 0 to 3, read modes 0 and 1, and
/// the sequencer's map mask, odd/even and chain-4 addressing (FreeVGA "Accessing the display memory").
/// <para>
/// The four planes lie byte beside byte: byte a of plane p is byte 4a + p of the memory. Chain-4 then is linear, as super-VGA cards lay it
/// out and not spread over every fourth address like IBM's; this shows only to programs that switch addressing and keep the picture.
/// </para>
/// </summary>
internal sealed class VgaMemory(GuestRam memory, VgaRegisterFile registers, BochsDispi dispi) : IRegisterBlock
{
    private const uint BankBytes = 0x1_0000;
    private const uint PlaneMask = 0xFFFF;

    private readonly uint _lengthMask = (uint)(memory.LengthBytes - 1);
    private uint _latch;

    /// <summary>Part of 0xA0000-0xBFFFF, as an offset and a length, that answers; length 0: none.</summary>
    public (uint Start, uint Length) Window
    {
        get
        {
            if (dispi.IsLinear)
            {
                return (0, BankBytes);
            }

            if ((registers.Misc & VgaOutput.MemoryEnable) == 0)
            {
                return (0, 0);
            }

            switch (registers.Graphics[VgaGraphics.Misc] >> 2 & 3)
            {
                case 0:
                    return (0, 0x2_0000);
                case 1:
                    return (0, 0x1_0000);
                case 2:
                    return (0x1_0000, 0x8000);
                default:
                    return (0x1_8000, 0x8000);
            }
        }
    }

    /// <summary>
    /// Offset of the video memory that the window shows as it is, byte for byte, so that it can be mapped as plain memory; or -1. Reading it so
    /// does not load the latches, which no program needs that then uses them: it has to leave this state first.
    /// </summary>
    public long PlainOffset
    {
        get
        {
            if (dispi.IsLinear)
            {
                return (long)dispi.BankNumber * BankBytes & _lengthMask;
            }

            RegisterSet graphics = registers.Graphics;
            RegisterSet sequencer = registers.Sequencer;
            bool plain = (sequencer[VgaSequencer.MemoryMode] & VgaSequencer.Chain4) != 0 && sequencer[VgaSequencer.MapMask] == 0x0F
                && (graphics[VgaGraphics.Mode] & (VgaGraphics.ReadCompare | 3)) == 0 && graphics[VgaGraphics.EnableSetReset] == 0
                && graphics[VgaGraphics.Rotate] == 0 && graphics[VgaGraphics.BitMask] == 0xFF && !dispi.IsEnabled;
            return plain ? 0 : -1;
        }
    }

    public void Reset() => _latch = 0;

    public void Save(IStateWriter to) => to.Write("latch", (ulong)_latch);

    public void Restore(IStateReader from) => _latch = (uint)from.ReadUnsigned("latch", uint.MaxValue);

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = 0;
        (uint start, uint length) = Window;
        uint at = unchecked(offset - start);
        if (at >= length)
        {
            return false;
        }

        for (uint i = 0; i < (uint)size; i++)
        {
            value |= (ulong)ReadByte(at + i) << (int)(i * 8);
        }

        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        (uint start, uint length) = Window;
        uint at = unchecked(offset - start);
        if (at >= length)
        {
            return false;
        }

        for (uint i = 0; i < (uint)size; i++)
        {
            WriteByte(at + i, (byte)(value >> (int)(i * 8)));
        }

        return true;
    }

    private byte ReadByte(uint at)
    {
        if (dispi.IsLinear)
        {
            return memory.Read(LinearOffset(at), 1)[0];
        }

        RegisterSet graphics = registers.Graphics;
        int mode = graphics[VgaGraphics.Mode];
        int plane = graphics[VgaGraphics.ReadMap];
        bool chain4 = (registers.Sequencer[VgaSequencer.MemoryMode] & VgaSequencer.Chain4) != 0;
        if (chain4)
        {
            plane = (int)(at & 3);
        }
        else if ((mode & VgaGraphics.ReadOddEven) != 0)
        {
            plane = (plane & 2) | (int)(at & 1);
        }

        _latch = BinaryPrimitives.ReadUInt32LittleEndian(memory.Read(PlaneOffset(at, chain4), 4));
        if ((mode & VgaGraphics.ReadCompare) == 0)
        {
            return (byte)(_latch >> (plane * 8));
        }

        // A bit is 1 where all planes that count have the bit of the colour.
        uint differs = (_latch ^ Expand(graphics[VgaGraphics.ColourCompare])) & Expand(graphics[VgaGraphics.ColourDontCare]);
        differs |= differs >> 16;
        return (byte)~(differs | (differs >> 8));
    }

    private void WriteByte(uint at, byte value)
    {
        if (dispi.IsLinear)
        {
            memory.Write(LinearOffset(at), [value]);
            return;
        }

        RegisterSet sequencer = registers.Sequencer;
        int planes = sequencer[VgaSequencer.MapMask];
        int memoryMode = sequencer[VgaSequencer.MemoryMode];
        bool chain4 = (memoryMode & VgaSequencer.Chain4) != 0;
        if (chain4)
        {
            planes &= 1 << (int)(at & 3);
        }
        else if ((memoryMode & VgaSequencer.NoOddEven) == 0)
        {
            planes &= (at & 1) == 0 ? 0x5 : 0xA;
        }

        if (planes == 0)
        {
            return;
        }

        long offset = PlaneOffset(at, chain4);
        uint written = Expand(planes);
        uint data = Combine(value) & written;
        if (written != uint.MaxValue)
        {
            data |= BinaryPrimitives.ReadUInt32LittleEndian(memory.Read(offset, 4)) & ~written;
        }

        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, data);
        memory.Write(offset, bytes);
    }

    // What the graphics controller makes of a byte for the four planes.
    private uint Combine(byte value)
    {
        RegisterSet graphics = registers.Graphics;
        int mode = graphics[VgaGraphics.Mode] & 3;
        if (mode == 1)
        {
            return _latch;
        }

        byte rotate = graphics[VgaGraphics.Rotate];
        byte bits = graphics[VgaGraphics.BitMask];
        uint data;
        if (mode == 2)
        {
            data = Expand(value & 0x0F);
        }
        else
        {
            int by = rotate & 7;
            value = (byte)(value >> by | value << (8 - by));
            uint setReset = Expand(graphics[VgaGraphics.SetReset]);
            uint enabled = mode == 3 ? uint.MaxValue : Expand(graphics[VgaGraphics.EnableSetReset]);
            data = (setReset & enabled) | (value * 0x0101_0101u & ~enabled);
            bits = mode == 3 ? (byte)(bits & value) : bits;
        }

        data = (rotate >> 3) switch
        {
            1 => data & _latch,
            2 => data | _latch,
            3 => data ^ _latch,
            _ => data,
        };
        uint mask = bits * 0x0101_0101u;
        return (data & mask) | (_latch & ~mask);
    }

    private long LinearOffset(uint at) => ((uint)dispi.BankNumber * BankBytes + at) & _lengthMask;

    // Where the four bytes of an address lie.
    private long PlaneOffset(uint at, bool chain4)
    {
        if (chain4)
        {
            at >>= 2;
        }
        else if ((registers.Graphics[VgaGraphics.Misc] & VgaGraphics.ChainOddEven) != 0)
        {
            // Address bit 0 chooses the plane; in its place comes what lies above a window of 64 KiB.
            at = (at & 0xFFFE) | (at >> 16 & 1);
        }

        at = dispi.IsEnabled ? unchecked((uint)dispi.BankNumber * BankBytes + (at & PlaneMask)) : at & PlaneMask;
        return unchecked(at * 4) & _lengthMask & ~3u;
    }

    // Bit p becomes eight bits of plane p.
    private static uint Expand(int planes) =>
        (uint)(((planes & 1) | (planes & 2) << 7 | (planes & 4) << 14 | (planes & 8) << 21) * 0xFF);
}
