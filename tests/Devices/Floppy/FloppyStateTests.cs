using Doppel.Devices.Tests.Doubles;

namespace Doppel.Devices.Tests.Floppy;

/// <summary>Floppy controller and DMA controller together: saved at any moment, and under hostile traffic.</summary>
public sealed class FloppyStateTests
{
    private const long Megabytes144 = 1_474_560;

    // A driver's work up to step number "until", then a save into a twin, which ends it with the same outcome.
    [Fact]
    public void SavedAtAnyMomentOfATransfer_TheTwinEndsItTheSameWay()
    {
        for (int until = 0; until < 120; until += 3)
        {
            foreach (bool byHost in new[] { false, true })
            {
                FloppyRig rig = new FloppyRig(new FakeMedium(Megabytes144)).Start();
                Begin(rig, byHost, until);
                FloppyRig twin = new FloppyRig(new FakeMedium(Megabytes144)).Start(1, 2);
                twin.Slot.Time.Now = rig.Slot.Time.Now;
                rig.Slot.Memory.Ram.CopyTo(twin.Slot.Memory.Ram, 0);
                StateTape.Of(rig.Dma).RestoreInto(twin.Dma);
                StateTape saved = StateTape.Of(rig.Fdc);
                saved.RestoreInto(twin.Fdc);
                Assert.Equal(saved.Text, StateTape.Of(twin.Fdc).Text);
                Assert.Equal(rig.Irq, twin.Irq);
                Assert.Equal(End(rig), End(twin));
                Assert.Equal(StateTape.Of(rig.Fdc).Text, StateTape.Of(twin.Fdc).Text);
                Assert.Equal(rig.Slot.Memory.Ram, twin.Slot.Memory.Ram);
            }
        }
    }

    [Fact]
    public void HostileTrafficWithDma_NeverThrowsAndNeverLeavesPageZeroToFifteen()
    {
        for (int seed = 0; seed < 8; seed++)
        {
            FakeMedium medium = new(Megabytes144);
            FloppyRig rig = new(medium, second: new FakeMedium(368_640, isReadOnly: true));
            rig.Start();
            Traffic traffic = new(rig.Slot, seed);
            for (int round = 0; round < 200; round++)
            {
                Provoke(rig, traffic, (seed * 1_000) + round);
                Assert.True(rig.Slot.Time.ArmedCount <= 1);
            }

            rig.First.Insert(null);
            traffic.Run(500);
            rig.Slot.Out(0x3F2, 0x00);
            rig.Slot.Out(0x3F2, 0x1C);
            Assert.True(rig.Wait());
        }
    }

    // Commands with plausible first bytes and any others, DMA in any mode, then noise.
    private static void Provoke(FloppyRig rig, Traffic traffic, int number)
    {
        byte[] codes = [0xE6, 0xC5, 0x46, 0x45, 0x4D, 0x4A, 0x42, 0x6C, 0x49, 0x56, 0xD6, 0x0F, 0x8F, 0xCF, 0x07, 0x03, 0x13];
        uint mix = (uint)number * 2_654_435_761;
        rig.SetDma((int)(mix >> 16) + 1, (byte)(0x40 | ((mix >> 8) & 0x3C)));
        rig.Slot.Out(0x3F5, codes[mix % (uint)codes.Length]);
        for (int i = 0; i < 8; i++)
        {
            mix = (mix * 1_664_525) + 1_013_904_223;
            rig.Slot.Out(0x3F5, (byte)((mix >> 24) % 20));
        }

        rig.Slot.Time.Advance(mix % 20_000_000);
        traffic.Run(20);
        rig.Slot.Out(0x3F2, 0x1C);
    }

    private static void Begin(FloppyRig rig, bool byHost, int steps)
    {
        rig.SetDma(3 * 512, 0x46);
        byte[] bytes = [0x03, 0xAF, (byte)(byHost ? 0x03 : 0x02), 0x0F, 0, 9, 0x46, 0, 8, 0, 16, 2, 18, 0x1B, 0xFF];
        int sent = 0;
        for (int i = 0; i < steps; i++)
        {
            bool ready = (rig.Status & 0xC0) == 0x80;
            if (sent == 6)
            {
                // The seek has to end before the read begins.
                rig.Slot.Time.Advance(1_000_000);
                rig.Slot.Out(0x3F5, 0x08);
                _ = rig.Result();
                ready = true;
            }

            if (ready && sent < bytes.Length)
            {
                rig.Slot.Out(0x3F5, bytes[sent++]);
            }
            else if ((rig.Status & 0xC0) == 0xC0)
            {
                _ = rig.Slot.In(0x3F5);
            }
            else
            {
                rig.Slot.Time.Advance(17_000);
            }
        }
    }

    private static string End(FloppyRig rig)
    {
        string log = "";
        for (int i = 0; i < 1_500; i++)
        {
            byte status = rig.Status;
            log += (char)('A' + (status >> 4));
            if ((status & 0xC0) == 0xC0)
            {
                log += rig.Slot.In(0x3F5) + ",";
            }

            rig.Slot.Time.Advance(3_000);
        }

        return log + rig.Slot.Irq(6).High;
    }
}
