# frozen_string_literal: true

require "minitest/autorun"
require "base64"
require "date"
require_relative "../../lib/wizard/draft_store"

class DraftStoreTest < Minitest::Test
  ANSWERS = {
    name: "Zo\u00eb \u{1F33B}",
    age: 41,
    size: 1.75,
    agrees: true,
    declines: false,
    phone: nil,
    channel: :post,
    born: Date.new(1985, 2, 28),
    children: [{ name: "Ada", school: :north }, { "name" => "Bo", 12.to_s => [1, [2, [:three]]] }],
    nothing: {},
    none: [],
    odd: { :a => 1, "a" => 2 }
  }.freeze

  def draft(answers = ANSWERS)
    Wizard::Draft.new(form: "parking", step: 3, started_on: Date.new(2026, 3, 1), answers: answers)
  end

  # Values with the classes at every depth.
  def typed(value)
    case value
    when Hash then [Hash, value.map { |key, it| [typed(key), typed(it)] }]
    when Array then [Array, value.map { |it| typed(it) }]
    else [value.class, value]
    end
  end

  def test_a_draft_comes_back_with_the_classes_of_its_values
    back = Wizard::DraftStore.load(Wizard::DraftStore.dump(draft))
    assert_instance_of Wizard::Draft, back
    assert_equal draft, back
    assert_equal typed(ANSWERS), typed(back.answers)
    assert_instance_of Date, back.started_on
  end

  def test_texts_that_look_like_other_values_stay_texts
    answers = { a: "1", b: ":post", c: "2026-03-01", d: "null", e: "true", f: "", g: "- x\n", h: "!ruby/x", i: "~" }
    assert_equal answers, Wizard::DraftStore.load(Wizard::DraftStore.dump(draft(answers))).answers
  end

  def test_a_token_is_url_safe
    50.times do |count|
      token = Wizard::DraftStore.dump(draft({ text: "\u00ff\u00fe?>" * count }))
      assert_match(/\A[A-Za-z0-9_-]+\z/, token)
    end
  end

  def test_the_draft_is_not_changed
    kept = draft
    Wizard::DraftStore.dump(kept)
    assert_equal draft, kept
  end

  def test_what_is_no_token_is_refused
    token = Wizard::DraftStore.dump(draft)
    other = Base64.urlsafe_encode64("[1, 2]", padding: false)
    ["", "%%%", token[0, token.size / 2], other, Base64.urlsafe_encode64("\xff\x00", padding: false)].each do |it|
      assert_raises(Wizard::InvalidDraft, it) { Wizard::DraftStore.load(it) }
    end
  end
end

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
