import { describe, expect, it } from "vitest";
import type { Chain } from "./api";
import { chainBody, chainDraft, nextStep, wrongChain } from "./chainForm";

const CHAIN: Chain = {
  id: "worst", title: "Ⅰ 类", is_enabled: true, risk_max: 1, sites: ["demo"], units: ["east"], kinds: ["alert"],
  steps: [{ after_min: 0, people: ["li"], rotas: ["bureau"] }, { after_min: 15, people: ["zhao"], rotas: [] }],
};

describe("a chain in a form", () => {
  it("comes out as it went in: people and rotas chosen from one list", () => {
    const draft = chainDraft(CHAIN);
    expect(draft.steps[0]?.who).toEqual(["rota:bureau", "li"]);
    const { id: _, ...body } = CHAIN;
    expect(chainBody(draft)).toEqual(body);
    expect(wrongChain(draft)).toEqual({});
  });

  it("says which step is wrong, and how", () => {
    const draft = chainDraft(CHAIN);
    draft.title = "";
    draft.kinds = [];
    draft.steps = [{ afterMin: "20", who: ["li"] }, { afterMin: "5", who: ["li"] }, { afterMin: "soon", who: ["li"] }, { afterMin: "30", who: [] }, { afterMin: "99999", who: ["li"] }];
    expect(wrongChain(draft)).toEqual({ title: "needTitle", kinds: "needKinds", "steps.1": "order", "steps.2": "badMinutes", "steps.3": "needWho", "steps.4": "badMinutes" });
    expect(wrongChain({ ...chainDraft(CHAIN), steps: [] })).toEqual({ steps: "needSteps" });
  });

  it("offers the next step some minutes after the last", () => {
    expect(nextStep(chainDraft(CHAIN)).afterMin).toBe("25");
    expect(nextStep({ ...chainDraft(CHAIN), steps: [{ afterMin: "soon", who: [] }] }).afterMin).toBe("10");
  });
});
