using System.Collections.Generic;
using Doppel.Devices.Chipset.Pic;
using Doppel.Devices.Chipset.Pit;
using Doppel.Devices.Tests.Doubles;

namespace Doppel.Devices.Tests.Pit;

/// <summary>The two chips that every guest wires together first.</summary>
public sealed class PitToPicTests
{
    [Fact]
    public void Ticks_ArriveAsVectorsAndNoneIsLostWhileOneIsInService()
    {
        FakeSlot slot = new();
        Pic8259Pair pic = slot.Plug(new Pic8259Pair());
        slot.Irq(0).Changed = high => pic.SetInput(0, high);
        slot.Plug(new Pit8254Ports());
        foreach ((ushort port, byte value) in new (ushort, byte)[]
        {
            (0x20, 0x11), (0x21, 0x08), (0x21, 0x04), (0x21, 0x01),
            (0xA0, 0x11), (0xA1, 0x70), (0xA1, 0x02), (0xA1, 0x01),
            (0x43, 0x34), (0x40, 0x9A), (0x40, 0x2E),
        })
        {
            slot.Out(port, value);
        }

        // Programming mode 2 raises OUT 0, which is an edge of its own.
        Assert.True(pic.TryAcknowledge(out _));
        slot.Out(0x20, 0x20);
        List<byte> vectors = [];
        for (int i = 0; i < 100; i++)
        {
            slot.Time.Advance(10_000_000);
            Assert.True(pic.TryAcknowledge(out byte vector));
            vectors.Add(vector);
            Assert.False(pic.TryAcknowledge(out _));
            slot.Out(0x20, 0x20);
        }

        Assert.Equal(100, vectors.FindAll(v => v == 0x08).Count);
    }
}
