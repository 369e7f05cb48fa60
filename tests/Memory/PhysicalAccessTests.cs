using System;
using System.Collections.Generic;
using Doppel.Primitives;

namespace Doppel.Memory.Tests;

public sealed class PhysicalAccessTests : IDisposable
{
    private readonly GuestRam _ram = new("ram", 0x4000);
    private readonly GuestRam _rom = new("rom", 0x1000);
    private readonly GuestPhysicalSpace _space = new();
    private readonly PhysicalAccess _access;
    private readonly List<(Gpa At, int Length)> _mmio = [];

    public PhysicalAccessTests()
    {
        // 0..0x2000 RAM | 0x2000..0x3000 hole | 0x3000..0x4000 ROM | 0x4000..0x4010 registers | 0x5000..0x7000 RAM
        _space.AddRam(new Gpa(0), _ram, 0, 0x2000);
        _space.AddRom(new Gpa(0x3000), _rom, 0, 0x1000);
        _space.AddMmio(new Gpa(0x4000), 0x10, "registers");
        _space.AddRam(new Gpa(0x5000), _ram, 0x2000, 0x2000);
        _access = new PhysicalAccess(_space);
    }

    public void Dispose()
    {
        _ram.Dispose();
        _rom.Dispose();
    }

    [Fact]
    public void One_span_may_cross_everything()
    {
        byte[] ones = new byte[0x8000];
        Array.Fill(ones, (byte)0x11);
        Assert.False(_access.Write(new Gpa(0), ones));
        byte[] back = new byte[0x8000];
        Assert.False(_access.Read(new Gpa(0), back));
        for (int i = 0; i < back.Length; i++)
        {
            byte expected = i switch
            {
                < 0x2000 => 0x11,
                < 0x3000 => 0xFF,
                < 0x4000 => 0,
                < 0x5000 => 0xFF,
                < 0x7000 => 0x11,
                _ => 0xFF,
            };
            Assert.Equal(expected, back[i]);
        }
    }

    [Fact]
    public void The_answer_tells_whether_all_was_memory()
    {
        Assert.True(_access.Write(new Gpa(0x1FFE), [1, 2]));
        Assert.False(_access.Write(new Gpa(0x1FFE), [3, 4, 5]));
        Assert.Equal([3, 4], _ram.Read(0x1FFE, 2).ToArray());
        Assert.False(_access.Write(new Gpa(0x3000), [1]));
        Assert.True(_access.Load(new Gpa(0x3000), [0xAB]));
        byte[] one = new byte[1];
        Assert.True(_access.Read(new Gpa(0x3000), one));
        Assert.Equal(0xAB, one[0]);
        Assert.False(_access.Load(new Gpa(0x2FFF), [1, 2]));
        Assert.True(_access.Read(new Gpa(0x4000), []));
    }

    [Fact]
    public void Writes_mark_pages_and_announce_code()
    {
        int announced = 0;
        _ram.CodeWritten += (_, _) => announced++;
        _ram.SetMarks(2, PageMarks.Code);
        _access.Write(new Gpa(0x5000), [1]);
        Assert.Equal(1, announced);
        Assert.Equal(PageMarks.Code | PageMarks.Written, _ram.GetMarks(2));
        Assert.Equal(PageMarks.None, _ram.GetMarks(0));
    }

    [Fact]
    public void Registers_go_through_the_delegates_piece_by_piece()
    {
        PhysicalAccess access = new(_space, Reader, Writer);
        byte[] back = new byte[0x20];
        Assert.False(access.Read(new Gpa(0x3FF8), back));
        Assert.Equal(0, back[7]);
        Assert.Equal(0x77, back[8]);
        Assert.Equal(0x77, back[0x17]);
        Assert.Equal(0xFF, back[0x18]);
        Assert.False(access.Write(new Gpa(0x4004), new byte[0x100]));
        Assert.Equal([(new Gpa(0x4000), 0x10), (new Gpa(0x4004), 0x0C)], _mmio);
        access.Load(new Gpa(0x4000), [1]);
        Assert.Equal(2, _mmio.Count);
    }

    [Fact]
    public void Addresses_wrap_at_the_end()
    {
        byte[] bytes = [1, 2, 3, 4];
        Assert.False(_access.Write(new Gpa(ulong.MaxValue - 1), bytes));
        Assert.Equal([3, 4], _ram.Read(0, 2).ToArray());
        Assert.False(_access.Read(new Gpa(ulong.MaxValue - 1), bytes));
        Assert.Equal([0xFF, 0xFF, 3, 4], bytes);
        byte[] none = new byte[3];
        Assert.False(new PhysicalAccess(new GuestPhysicalSpace()).Read(new Gpa(ulong.MaxValue), none));
        Assert.Equal([0xFF, 0xFF, 0xFF], none);
    }

    [Fact]
    public void Filling_steps_over_holes_of_any_size()
    {
        Assert.True(_access.Fill(new Gpa(0x100), 0x100, 0xEE));
        Assert.False(_access.Fill(new Gpa(0x5000), ulong.MaxValue - 0x5000, 0xDD));
        Assert.Equal(0xDD, _ram.Read(0x3FFF, 1)[0]);
        Assert.Equal(0xEE, _ram.Read(0x1FF, 1)[0]);
        Assert.Equal(0, _ram.Read(0x200, 1)[0]);
        Assert.False(_access.Fill(new Gpa(0x1FFF), 0x1002, 0xCC));
        Assert.Equal(0xCC, _rom.Read(0, 1)[0]);
        Assert.Equal(0, _rom.Read(1, 1)[0]);
    }

    private void Reader(FlatRange range, Gpa at, Span<byte> to)
    {
        Assert.Equal("registers", range.Device);
        _mmio.Add((at, to.Length));
        to.Fill(0x77);
    }

    private void Writer(FlatRange range, Gpa at, ReadOnlySpan<byte> from) => _mmio.Add((at, from.Length));
}
