// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IAppRegistry} from "./interfaces/IAppRegistry.sol";
import {IDatacenterRegistry} from "./interfaces/IDatacenterRegistry.sol";
import {ILeaseManager} from "./interfaces/ILeaseManager.sol";
import {IMarket} from "./interfaces/IMarket.sol";
import {IParameters, Parameters, TokenParameters} from "./interfaces/IParameters.sol";
import {Matching} from "./libraries/Matching.sol";
import {OrderHash} from "./libraries/OrderHash.sol";
import {LeaseState, Offer, Request, Terms} from "./types/Lease.sol";

/// @title Orders: their hashes, how often each was filled, what its maker took back, and the terms that two of them make now.
/// @dev What can change while a bid waits for its award is reported as an encoded error, so that a match reverts with it and an
/// award passes the bid over.
abstract contract Orders is IMarket, EIP712 {
    /// @dev One slot. A posted Request is told by biddingUntil; what it was awarded is `filled`.
    struct Order {
        uint32 filled;
        bool cancelled;
        uint40 biddingUntil;
        uint40 awardUntil;
        uint96 held;
    }

    /// @dev Parameters of this moment.
    struct Rules {
        Parameters parameters;
        TokenParameters sums;
    }

    /// @inheritdoc IMarket
    ILeaseManager public immutable override leaseManager;
    /// @inheritdoc IMarket
    IDatacenterRegistry public immutable override registry;
    /// @inheritdoc IMarket
    IAppRegistry public immutable override apps;
    /// @inheritdoc IMarket
    IParameters public immutable override parameters;

    mapping(bytes32 orderHash => Order) internal _orders;
    /// @inheritdoc IMarket
    mapping(address maker => uint64) public override counterOf;

    constructor(ILeaseManager leaseManager_, IDatacenterRegistry registry_, IAppRegistry apps_, IParameters parameters_)
        EIP712("Federation", "1")
    {
        leaseManager = leaseManager_;
        registry = registry_;
        apps = apps_;
        parameters = parameters_;
    }

    /// @inheritdoc IMarket
    function cancelOffer(Offer calldata offer) external {
        (address operator,,,) = registry.standing(offer.provider);
        if (!_speaksFor(offer.provider, operator)) revert NotMaker(msg.sender, offer.provider);
        _cancel(offerHash(offer));
    }

    /// @inheritdoc IMarket
    function cancelRequest(Request calldata request) external {
        if (msg.sender != request.tenant) revert NotMaker(msg.sender, request.tenant);
        bytes32 requested = requestHash(request);
        if (_orders[requested].biddingUntil != 0) revert AlreadyPosted(requested);
        _cancel(requested);
    }

    /// @inheritdoc IMarket
    function raiseCounter() external returns (uint64 counter) {
        counter = ++counterOf[msg.sender];
        emit CounterRaised(msg.sender, counter);
    }

    /// @inheritdoc IMarket
    function cancelled(bytes32 orderHash) external view returns (bool) {
        return _orders[orderHash].cancelled;
    }

    /// @inheritdoc IMarket
    function offerHash(Offer calldata offer) public view returns (bytes32) {
        return _hashTypedDataV4(OrderHash.hash(offer));
    }

    /// @inheritdoc IMarket
    function requestHash(Request calldata request) public view returns (bytes32) {
        return _hashTypedDataV4(OrderHash.hash(request));
    }

    /// @inheritdoc IMarket
    function filled(bytes32 orderHash) public view returns (uint32) {
        uint32 counted = _orders[orderHash].filled;
        if (counted != 0) return counted;
        // See Market: the one fill of a Request is its lease.
        return leaseManager.lease(_leaseId(orderHash, 0)).state == LeaseState.None ? 0 : 1;
    }

    function _rules(address token) internal view returns (Rules memory rules) {
        bool paused;
        (paused, rules.parameters, rules.sums) = parameters.snapshot(token);
        if (paused) revert OpeningIsPaused();
    }

    /// @dev The terms of a lease on these orders if it began now; or what is in the way of it, now or at `until`. The caller has
    /// checked that they fit. All of it may change while a bid waits for its award.
    function _agree(Offer calldata offer, bytes32 offered, Request calldata request, Rules memory rules, uint256 until)
        internal
        view
        returns (bytes memory problem, Terms memory terms, address operator)
    {
        (problem, operator) = _providerProblem(offer.provider, request);
        if (problem.length != 0) return (problem, terms, operator);
        problem = _orderProblem(offered, offer.expiresAt, until, offer.provider, offer.counter);
        if (problem.length != 0) return (problem, terms, operator);
        uint256 needed = Matching.neededDeposit(offer, request, rules.sums.bounty);
        if (request.deposit < needed) {
            return (abi.encodeWithSelector(DepositTooLow.selector, request.deposit, needed), terms, operator);
        }
        uint256 slice = Matching.slice(
            offer.prices, request.resources, rules.parameters.maturitySeconds, rules.parameters.sliceBps
        );
        if (slice > type(uint96).max) return (_sliceTooLarge(slice), terms, operator);
        // forge-lint: disable-next-line(unsafe-typecast) checked above
        terms = Matching.terms(offer, request, rules.parameters, rules.sums, uint96(slice));
        if (request.app == 0) return (problem, terms, operator);
        (terms.royaltyTo, terms.royaltyBps) = apps.royalty(request.app);
        if (terms.royaltyBps > offer.maxRoyaltyBps) {
            problem = abi.encodeWithSelector(RoyaltyAboveMaximum.selector, terms.royaltyBps, offer.maxRoyaltyBps);
        }
    }

    /// @dev Whether an order is alive, and will be at `until`.
    function _orderProblem(bytes32 orderHash, uint40 expiresAt, uint256 until, address maker, uint64 counter)
        internal
        view
        returns (bytes memory)
    {
        if (until > expiresAt) return abi.encodeWithSelector(OrderExpired.selector, orderHash, expiresAt);
        uint64 current = counterOf[maker];
        if (counter != current) return abi.encodeWithSelector(CounterStale.selector, maker, current, counter);
        if (_orders[orderHash].cancelled) return abi.encodeWithSelector(OrderWasCancelled.selector, orderHash);
        return "";
    }

    function _count(bytes32 orderHash, uint32 volume) internal returns (uint32 index) {
        Order storage order = _orders[orderHash];
        index = order.filled;
        if (index >= volume) revert OrderFilled(orderHash, volume);
        order.filled = index + 1;
    }

    /// @dev The provider itself may do all that its operator key may.
    function _speaksFor(address provider, address operator) internal view returns (bool) {
        return msg.sender == operator || msg.sender == provider;
    }

    function _checkSignature(address signer, bytes32 digest, bytes calldata signature) internal view {
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature)) {
            revert SignatureInvalid(digest, signer);
        }
    }

    function _leaseId(bytes32 requestHash_, uint32 fillIndex) internal pure returns (bytes32) {
        return keccak256(abi.encode(requestHash_, fillIndex));
    }

    /// @dev Reverts with an encoded error; does nothing with an empty one.
    function _raise(bytes memory problem) internal pure {
        if (problem.length == 0) return;
        // solhint-disable-next-line no-inline-assembly, reverts with bytes as they are: the language cannot
        assembly ("memory-safe") {
            revert(add(problem, 0x20), mload(problem))
        }
    }

    function _providerProblem(address provider, Request calldata request)
        private
        view
        returns (bytes memory problem, address operator)
    {
        bool active;
        uint256 missing;
        (operator,, active, missing) = registry.standing(provider);
        if (!active) return (abi.encodeWithSelector(ProviderNotActive.selector, provider), operator);
        missing = request.requiredCapabilities & ~missing;
        if (missing != 0) return (abi.encodeWithSelector(CapabilityMissing.selector, missing), operator);
        if (request.auditor == address(0)) return ("", operator);
        missing = request.requiredCapabilities & ~registry.attested(request.auditor, provider);
        if (missing == 0) return ("", operator);
        return (abi.encodeWithSelector(AttestationMissing.selector, request.auditor, missing), operator);
    }

    function _sliceTooLarge(uint256 slice) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ILeaseManager.TermOutOfRange.selector, "slice", slice, 0, type(uint96).max);
    }

    function _cancel(bytes32 orderHash) private {
        _orders[orderHash].cancelled = true;
        emit OrderCancelled(orderHash, msg.sender);
    }
}
