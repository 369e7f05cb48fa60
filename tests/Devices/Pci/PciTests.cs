using System;
using Doppel.Devices.Pci;
using Doppel.Devices.Tests.Doubles;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Pci;

public sealed class PciTests
{
    private readonly PciRig _rig = new();

    [Fact]
    public void Linux_probe_of_mechanism_1_succeeds()
    {
        ulong value = 0x8000_0000;
        Assert.True(_rig.Raw(write: true, 0, AccessSize.Dword, ref value));
        Assert.True(_rig.Raw(write: false, 0, AccessSize.Dword, ref value));
        Assert.Equal(0x8000_0000ul, value);
        Assert.Equal(0x1237_8086ul, _rig.Read(0, 0, 0, AccessSize.Dword));
        Assert.Equal(0x0600ul, _rig.Read(0, 0, 0x0A, AccessSize.Word));
        Assert.Equal(0x7000_8086ul, _rig.Read(1, 0, 0, AccessSize.Dword));
        Assert.Equal(0x80ul, _rig.Read(1, 0, 0x0E, AccessSize.Byte));
        Assert.Equal(0x7113ul, _rig.Read(1, 3, 2, AccessSize.Word));
    }

    [Fact]
    public void Absent_functions_and_buses_read_all_ones()
    {
        Assert.Equal(0xFFFF_FFFFul, _rig.Read(2, 0, 0, AccessSize.Dword));
        Assert.Equal(0xFFFFul, _rig.Read(1, 7, 0, AccessSize.Word));
        ulong value = 0x8001_0000;
        _rig.Raw(write: true, 0, AccessSize.Dword, ref value);
        Assert.True(_rig.Raw(write: false, 4, AccessSize.Byte, ref value));
        Assert.Equal(0xFFul, value);
        value = 0;
        _rig.Raw(write: true, 0, AccessSize.Dword, ref value);
        Assert.True(_rig.Raw(write: false, 4, AccessSize.Dword, ref value));
        Assert.Equal(0xFFFF_FFFFul, value);
    }

    [Fact]
    public void Address_register_takes_dwords_only()
    {
        ulong value = 0x80;
        Assert.False(_rig.Raw(write: true, 3, AccessSize.Byte, ref value));
        Assert.False(_rig.Raw(write: true, 0, AccessSize.Word, ref value));
        Assert.False(_rig.Raw(write: false, 1, AccessSize.Byte, ref value));
    }

    [Fact]
    public void Read_only_registers_stay_and_header_is_laid_out()
    {
        _rig.Write(5, 0, 0, AccessSize.Dword, 0);
        Assert.Equal(0x5678_1234ul, _rig.Read(5, 0, 0, AccessSize.Dword));
        Assert.Equal(0x0200_0007ul, _rig.Read(5, 0, 8, AccessSize.Dword));
        Assert.Equal(0xBBBB_AAAAul, _rig.Read(5, 0, 0x2C, AccessSize.Dword));
        _rig.Write(5, 0, 0x3C, AccessSize.Word, 0x0B0B);
        Assert.Equal(0x010Bul, _rig.Read(5, 0, 0x3C, AccessSize.Word));
        Assert.Equal(ulong.MaxValue, _rig.Card.ReadConfig(256, AccessSize.Qword));
        _rig.Card.WriteConfig(300, AccessSize.Dword, 1);
    }

    [Fact]
    public void Bars_say_their_size_and_follow_the_command_register()
    {
        for (int i = 0; i < 6; i++)
        {
            _rig.Write(5, 0, 0x10 + (i * 4), AccessSize.Dword, uint.MaxValue);
        }

        Assert.Equal(0xFFFF_FFE1ul, _rig.Read(5, 0, 0x10, AccessSize.Dword));
        Assert.Equal(0xFFFF_F000ul, _rig.Read(5, 0, 0x14, AccessSize.Dword));
        Assert.Equal(0xFFF0_000Cul, _rig.Read(5, 0, 0x18, AccessSize.Dword));
        Assert.Equal(0xFFFF_FFFFul, _rig.Read(5, 0, 0x1C, AccessSize.Dword));
        Assert.Equal(0ul, _rig.Read(5, 0, 0x20, AccessSize.Dword));
        Assert.DoesNotContain("mmio", _rig.Mapped.Keys);
        _rig.Write(5, 0, 0x10, AccessSize.Dword, 0xC000);
        _rig.Write(5, 0, 0x14, AccessSize.Dword, 0xFEB0_0000);
        _rig.Write(5, 0, 0x18, AccessSize.Dword, 0);
        _rig.Write(5, 0, 0x1C, AccessSize.Dword, 2);
        _rig.Write(5, 0, 4, AccessSize.Word, 1);
        Assert.Equal(0xC000ul, _rig.Mapped["io"]);
        Assert.False(_rig.Mapped.ContainsKey("mmio"));
        _rig.Write(5, 0, 4, AccessSize.Word, 2);
        Assert.Null(_rig.Mapped["io"]);
        Assert.Equal(0xFEB0_0000ul, _rig.Mapped["mmio"]);
        Assert.Equal(0x2_0000_0000ul, _rig.Mapped["wide"]);
        _rig.Card.Reset(ResetKind.Hard);
        Assert.Null(_rig.Mapped["mmio"]);
    }

    [Fact]
    public void Bar_mistakes_are_host_errors()
    {
        Assert.Throws<InvalidOperationException>(_rig.Card.DefineTooMuch);
        Assert.Throws<InvalidOperationException>(_rig.Card.DefineWideAtEnd);
        Assert.Throws<ArgumentOutOfRangeException>(() => PciBar.Io("x", 24, new PciRig.NullBlock()));
        Assert.Throws<ArgumentOutOfRangeException>(() => PciBar.Io("x", 512, new PciRig.NullBlock()));
        Assert.Throws<ArgumentOutOfRangeException>(() => PciBar.Memory("x", 8, new PciRig.NullBlock()));
        Assert.Throws<InvalidOperationException>(() => _rig.Bus.Add(0, 0, new PciRig.TestCard()));
        Assert.Throws<ArgumentOutOfRangeException>(() => _rig.Bus.Add(32, 0, new PciRig.TestCard()));
    }

    [Fact]
    public void Dma_needs_the_bus_master_bit()
    {
        byte[] buffer = new byte[4];
        Assert.False(_rig.Card.Memory.TryRead(new Gpa(0), buffer));
        Assert.False(_rig.Card.Memory.TryWrite(new Gpa(0), buffer));
        _rig.Write(5, 0, 4, AccessSize.Word, 4);
        Assert.True(_rig.Card.Memory.TryRead(new Gpa(0), buffer));
        Assert.True(_rig.Card.Memory.TryWrite(new Gpa(0), buffer));
    }

    [Fact]
    public void Interrupt_goes_where_its_pirq_is_routed()
    {
        // Device 5, INTA: PIRQ (5 - 1 + 0) mod 4 = A.
        _rig.Card.Interrupt(true);
        Assert.Equal("16", _rig.HighLines);
        Assert.Equal(8ul, _rig.Read(5, 0, 6, AccessSize.Word));
        _rig.Write(1, 0, 0x60, AccessSize.Byte, 11);
        Assert.Equal("11 16", _rig.HighLines);
        _rig.Write(1, 0, 0x60, AccessSize.Dword, 0x8080_8009);
        Assert.Equal("9 16", _rig.HighLines);
        _rig.Write(1, 0, 0x60, AccessSize.Byte, 2);
        Assert.Equal("16", _rig.HighLines);
        _rig.Write(5, 0, 4, AccessSize.Word, 1 << 10);
        Assert.Equal("", _rig.HighLines);
        Assert.Equal(8ul, _rig.Read(5, 0, 6, AccessSize.Word));
        _rig.Write(5, 0, 4, AccessSize.Word, 0);
        _rig.Card.Interrupt(false);
        Assert.Equal("", _rig.HighLines);
    }

    [Fact]
    public void Attribute_registers_switch_shadow_memory()
    {
        Assert.All(_rig.Shadow.Segments, s => Assert.Equal("--", s));
        _rig.Write(0, 0, 0x59, AccessSize.Byte, 0x33);
        _rig.Write(0, 0, 0x5A, AccessSize.Word, 0x2011);
        Assert.Equal("rw r- r- -- -w -- -- -- -- -- -- -- --", string.Join(' ', _rig.Shadow.Segments));
        Assert.Equal(0x30ul, _rig.Read(0, 0, 0x59, AccessSize.Byte));
    }

    [Fact]
    public void Power_management_ports_move()
    {
        _rig.Write(1, 3, 0x40, AccessSize.Dword, 0xB03F);
        Assert.Equal(0xB001ul, _rig.Read(1, 3, 0x40, AccessSize.Dword));
        _rig.Write(1, 3, 0x80, AccessSize.Byte, 1);
        Assert.Equal(0xB000ul, _rig.Mapped["registers"]);
        _rig.Write(1, 3, 0x80, AccessSize.Byte, 0);
        Assert.Null(_rig.Mapped["registers"]);
    }

    [Fact]
    public void Saved_functions_restore_with_ranges_and_wires()
    {
        _rig.Write(5, 0, 0x14, AccessSize.Dword, 0xFEB0_0000);
        _rig.Write(5, 0, 4, AccessSize.Word, 7);
        _rig.Write(1, 0, 0x60, AccessSize.Byte, 10);
        _rig.Write(0, 0, 0x59, AccessSize.Byte, 0x30);
        _rig.Card.Interrupt(true);
        PciRig other = new();
        foreach ((IDevice from, IDevice to) in new (IDevice, IDevice)[] { (_rig.Bus, other.Bus), (_rig.Host, other.Host), (_rig.Isa, other.Isa), (_rig.Pm, other.Pm), (_rig.Card, other.Card) })
        {
            StateTape tape = StateTape.Of(from);
            tape.RestoreInto(to);
            Assert.Equal(tape.Text, StateTape.Of(to).Text);
        }

        Assert.Equal("10 16", other.HighLines);
        Assert.Equal(0xFEB0_0000ul, other.Mapped["mmio"]);
        Assert.Equal("rw", other.Shadow.Segments[0]);
        StateTape foreign = StateTape.Of(_rig.Card);
        Assert.True(foreign.TryReplace("config", new byte[256]));
        Assert.Throws<StateFormatException>(() => foreign.RestoreInto(other.Card));
    }

    [Fact]
    public void Random_traffic_never_throws()
    {
        Random random = new(11);
        AccessSize[] sizes = [AccessSize.Byte, AccessSize.Word, AccessSize.Dword];
        for (int i = 0; i < 100_000; i++)
        {
            ulong address = 0x8000_0000u | (uint)(random.Next(7) << 11) | (uint)(random.Next(4) << 8) | (uint)random.Next(256);
            _rig.Raw(write: true, 0, AccessSize.Dword, ref address);
            int size = random.Next(3);
            uint offset = (uint)((4 + random.Next(4)) & ~((1 << size) - 1));
            ulong value = (ulong)random.NextInt64() & sizes[size].AllOnes();
            _rig.Raw(random.Next(2) == 0, offset, sizes[size], ref value);
            Assert.True(value <= sizes[size].AllOnes());
            if (i % 64 == 0)
            {
                _rig.Card.Interrupt(random.Next(2) == 0);
            }
        }
    }
}
