# frozen_string_literal: true

require "base64"
require_relative "draft"

module Wizard
  # Drafts as tokens.
  module DraftStore
    def self.dump(draft)
      Base64.urlsafe_encode64(Marshal.dump(draft), padding: false)
    end

    def self.load(token)
      draft = Marshal.load(Base64.urlsafe_decode64(token))
      raise InvalidDraft, "no draft" unless draft.is_a?(Draft)

      draft
    rescue ArgumentError, TypeError, EOFError => e
      raise InvalidDraft, e.message
    end
  end
end
