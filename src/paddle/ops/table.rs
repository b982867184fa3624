//! Which operators of Paddle are supported, and where each is mapped.

use super::Rule;
use super::{
    activation, binary, boxes, compare, conv, elementwise, generate, index, layer_norm, linear, math,
    matrix_nms, nms, norm, order, pad, pool, pool_index, quantize, reduce, repeat, resize, rnn, sample,
    set_value, shape, source, window,
};

/// One line per operator: Paddle 3's names | names in ProgramDesc files | operands | results | attributes
/// that are called differently there => function. See [`Rule`].
macro_rules! rules {
    ($($names:literal | $legacy:literal | $inputs:literal | $outputs:literal | $attributes:literal => $map:path;)*) => {
        &[$(Rule {
            names: $names,
            legacy: $legacy,
            inputs: $inputs,
            outputs: $outputs,
            attributes: $attributes,
            map: $map,
        }),*]
    };
}

pub(super) const RULES: &[Rule] = rules! {
    // Activations.
    "relu" | "relu" | "x=X" | "out=Out" | "" => activation::relu;
    "relu6" | "relu6" | "x=X" | "out=Out" | "" => activation::relu6;
    "sigmoid" | "sigmoid" | "x=X" | "out=Out" | "" => activation::sigmoid;
    "silu" | "silu" | "x=X" | "out=Out" | "" => activation::silu;
    "swish" | "swish" | "x=X" | "out=Out" | "" => activation::swish;
    "hardswish" | "hard_swish" | "x=X" | "out=Out" | "" => activation::hardswish;
    "hardsigmoid" | "hard_sigmoid" | "x=X" | "out=Out" | "" => activation::hardsigmoid;
    "leaky_relu" | "leaky_relu" | "x=X" | "out=Out" | "negative_slope=alpha" => activation::leaky_relu;
    "gelu" | "gelu" | "x=X" | "out=Out" | "" => activation::gelu;
    "softmax" | "softmax" | "x=X" | "out=Out" | "" => activation::softmax;

    // Element by element.
    "add" | "elementwise_add" | "x=X y=Y" | "out=Out" | "" => elementwise::add;
    "subtract" | "elementwise_sub" | "x=X y=Y" | "out=Out" | "" => elementwise::subtract;
    "multiply" | "elementwise_mul" | "x=X y=Y" | "out=Out" | "" => elementwise::multiply;
    "divide" | "elementwise_div" | "x=X y=Y" | "out=Out" | "" => elementwise::divide;
    "scale" | "scale" | "x=X scale=ScaleTensor" | "out=Out" | "" => elementwise::scale;
    "cast" | "cast" | "x=X" | "out=Out" | "dtype=out_dtype" => elementwise::cast;
    "assign share_data" | "assign share_data" | "x=X" | "out=Out" | "" => elementwise::assign;
    "assign_out" | "" | "x output" | "out" | "" => elementwise::assign;
    "dropout" | "dropout" | "x=X seed_tensor=Seed p" | "out=Out mask=Mask" | "p=dropout_prob mode=dropout_implementation" => elementwise::dropout;

    // Convolution and products of matrices.
    "conv2d depthwise_conv2d" | "conv2d depthwise_conv2d" | "input=Input filter=Filter" | "out=Output" | "" => conv::conv;
    "matmul" | "matmul_v2" | "x=X y=Y" | "out=Out" | "transpose_x=trans_x transpose_y=trans_y" => linear::matmul;
    "matmul_v1" | "matmul" | "x=X y=Y" | "out=Out" | "transpose_x=transpose_X transpose_y=transpose_Y" => linear::matmul;
    "linear_v2" | "linear_v2" | "input=input weight=weight bias=bias" | "out=out" | "" => linear::linear;
    "dot" | "dot" | "x=X y=Y" | "out=Out" | "" => linear::dot;
    "addmm" | "addmm" | "input=Input x=X y=Y" | "out=Out" | "alpha=Alpha beta=Beta" => linear::addmm;
    "mul" | "mul" | "x=X y=Y" | "out=Out" | "" => linear::mul;

    // Pooling.
    "pool2d" | "pool2d" | "x=X kernel_size" | "out=Out" | "kernel_size=ksize" => pool::pool;

    // Normalisation.
    "batch_norm sync_batch_norm" | "batch_norm sync_batch_norm" | "x=X mean=Mean variance=Variance scale=Scale bias=Bias" | "out=Y mean_out=MeanOut variance_out=VarianceOut saved_mean=SavedMean saved_variance=SavedVariance reserve_space=ReserveSpace" | "data_format=data_layout" => norm::batch_norm;

    // More activations.
    "log_softmax" | "log_softmax" | "x=X" | "out=Out" | "" => activation::log_softmax;
    "mish" | "mish" | "x=X" | "out=Out" | "" => activation::mish;
    "softplus" | "softplus" | "x=X" | "out=Out" | "" => activation::softplus;
    "logsigmoid" | "logsigmoid" | "x=X" | "out=Out" | "" => activation::log_sigmoid;
    "softsign" | "softsign" | "x=X" | "out=Out" | "" => activation::softsign;
    "tanh_shrink" | "tanh_shrink" | "x=X" | "out=Out" | "" => activation::tanh_shrink;
    "softshrink" | "softshrink" | "x=X" | "out=Out" | "threshold=lambda" => activation::softshrink;
    "hardshrink hard_shrink" | "hard_shrink" | "x=X" | "out=Out" | "" => activation::hardshrink;
    "elu" | "elu" | "x=X" | "out=Out" | "" => activation::elu;
    "selu" | "selu" | "x=X" | "out=Out" | "" => activation::selu;
    "celu" | "celu" | "x=X" | "out=Out" | "" => activation::celu;
    "thresholded_relu" | "thresholded_relu" | "x=X" | "out=Out" | "" => activation::thresholded_relu;
    "hardtanh" | "brelu" | "x=X" | "out=Out" | "" => activation::hardtanh;
    "soft_relu" | "soft_relu" | "x=X" | "out=Out" | "" => activation::soft_relu;
    "prelu" | "prelu" | "x=X alpha=Alpha" | "out=Out" | "" => activation::prelu;
    "maxout" | "maxout" | "x=X" | "out=Out" | "" => activation::maxout;
    "add_n" | "sum" | "inputs=X" | "out=Out" | "" => elementwise::add_n;

    // More of convolution, pooling and normalisation.
    "conv3d" | "conv3d" | "input=Input filter=Filter" | "out=Output" | "" => conv::conv;
    "conv2d_transpose depthwise_conv2d_transpose" | "conv2d_transpose depthwise_conv2d_transpose" | "x=Input filter=Filter output_size" | "out=Output" | "" => conv::conv_transpose;
    "conv2d_transpose_bias" | "conv2d_transpose_bias" | "x=Input filter=Filter bias=Bias output_size" | "out=Output" | "" => conv::conv_transpose;
    "conv3d_transpose" | "conv3d_transpose" | "x=Input filter=Filter output_size" | "out=Output" | "" => conv::conv_transpose;
    "deformable_conv" | "deformable_conv" | "x=Input offset=Offset filter=Filter mask=Mask" | "out=Output" | "" => sample::deformable_conv;
    "deformable_conv_v1" | "deformable_conv_v1" | "x=Input offset=Offset filter=Filter" | "out=Output" | "" => sample::deformable_conv;
    "pool3d" | "pool3d" | "x=X kernel_size" | "out=Out" | "kernel_size=ksize" => pool::pool;
    "max_pool2d_with_index max_pool3d_with_index" | "max_pool2d_with_index max_pool3d_with_index" | "x=X kernel_size" | "out=Out mask=Mask" | "kernel_size=ksize" => pool_index::max_pool_with_index;
    "instance_norm" | "instance_norm" | "x=X scale=Scale bias=Bias" | "y=Y saved_mean=SavedMean saved_variance=SavedVariance" | "" => norm::instance_norm;
    "group_norm" | "group_norm" | "x=X scale=Scale bias=Bias" | "y=Y mean=Mean variance=Variance" | "data_format=data_layout" => norm::group_norm;
    "affine_channel" | "affine_channel" | "x=X scale=Scale bias=Bias" | "out=Out" | "" => norm::affine_channel;
    "norm" | "norm" | "x=X" | "out=Out norm=Norm" | "" => norm::norm;

    // Recurrent networks.
    "rnn" | "rnn" | "x=Input pre_state=PreState weight_list=WeightList sequence_length=SequenceLength dropout_state_in" | "out=Out dropout_state_out=DropoutState state=State reserve=Reserve" | "" => rnn::rnn;

    // Images: sizes, paddings, places.
    "nearest_interp bilinear_interp bicubic_interp linear_interp trilinear_interp" | "nearest_interp_v2 bilinear_interp_v2 bicubic_interp_v2 linear_interp_v2 trilinear_interp_v2" | "x=X out_size=OutSize size_tensor=SizeTensor scale_tensor=Scale" | "out=Out" | "data_format=data_layout" => resize::interpolate;
    "interp_v1" | "nearest_interp bilinear_interp bicubic_interp linear_interp trilinear_interp" | "x=X out_size=OutSize size_tensor=SizeTensor scale_tensor=Scale" | "out=Out" | "data_format=data_layout" => resize::interpolate_by_sizes;
    "pad3d" | "pad3d" | "x=X paddings=Paddings" | "out=Out" | "pad_value=value" => pad::pad3d;
    "pad" | "pad" | "x=X pad_value" | "out=Out" | "" => pad::pad;
    "pad2d" | "pad2d" | "x=X paddings=Paddings" | "out=Out" | "" => pad::pad2d;
    "unfold" | "unfold" | "x=X" | "out=Y" | "" => window::unfold;
    "fold" | "fold" | "x=X" | "out=Y" | "" => window::fold;
    "pixel_shuffle" | "pixel_shuffle" | "x=X" | "out=Out" | "" => window::pixel_shuffle;
    "pixel_unshuffle" | "pixel_unshuffle" | "x=X" | "out=Out" | "" => window::pixel_unshuffle;
    "channel_shuffle" | "channel_shuffle" | "x=X" | "out=Out" | "" => window::channel_shuffle;
    "shuffle_channel" | "shuffle_channel" | "x=X" | "out=Out" | "groups=group" => window::channel_shuffle;
    "temporal_shift" | "temporal_shift" | "x=X" | "out=Out" | "" => window::temporal_shift;
    "grid_sample" | "grid_sampler" | "x=X grid=Grid" | "out=Output" | "" => sample::grid_sample;
    "affine_grid" | "affine_grid" | "input=Theta output_shape=OutputShape" | "out=Output" | "" => sample::affine_grid;
    "roi_align" | "roi_align" | "x=X boxes=ROIs boxes_num=RoisNum" | "out=Out" | "" => sample::roi_align;

    // Detection.
    "multiclass_nms3" | "multiclass_nms3" | "bboxes=BBoxes scores=Scores rois_num=RoisNum" | "out=Out index=Index nms_rois_num=NmsRoisNum" | "" => nms::multiclass_nms;
    "matrix_nms" | "matrix_nms" | "bboxes=BBoxes scores=Scores" | "out=Out index=Index roisnum=RoisNum" | "" => matrix_nms::matrix_nms;
    "nms" | "nms" | "x=Boxes" | "out=KeepBoxesIdxs" | "threshold=iou_threshold" => nms::nms;
    "yolo_box" | "yolo_box" | "x=X img_size=ImgSize" | "boxes=Boxes scores=Scores" | "" => boxes::yolo_box;
    "prior_box" | "prior_box" | "input=Input image=Image" | "out=Boxes var=Variances" | "" => boxes::prior_box;
    "box_coder" | "box_coder" | "prior_box=PriorBox prior_box_var=PriorBoxVar target_box=TargetBox" | "out=OutputBox" | "" => boxes::box_coder;

    // Quantisation.
    "quantize_linear" | "quantize_linear" | "x=X scale=Scale zero_point=ZeroPoint in_accum=InAccum in_state=InState" | "y=Y out_state=OutState out_accum=OutAccum out_scale=OutScale" | "" => quantize::quantize_linear;
    "dequantize_linear" | "dequantize_linear" | "x=X scale=Scale zero_point=ZeroPoint in_accum=InAccum in_state=InState" | "y=Y out_state=OutState out_accum=OutAccum out_scale=OutScale" | "" => quantize::dequantize_linear;
    "fake_quantize_abs_max" | "fake_quantize_abs_max" | "x=X" | "out=Out out_scale=OutScale" | "" => quantize::fake_quantize;
    "fake_quantize_moving_average_abs_max" | "fake_quantize_moving_average_abs_max" | "x=X in_scale=InScale in_accum=InAccum in_state=InState" | "out=Out out_scale=OutScale out_state=OutState out_accum=OutAccum" | "" => quantize::fake_quantize;
    "fake_quantize_range_abs_max" | "fake_quantize_range_abs_max" | "x=X in_scale=InScale iter=Iter" | "out=Out out_scale=OutScale out_scales=OutScales" | "" => quantize::fake_quantize;
    "fake_quantize_dequantize_abs_max" | "fake_quantize_dequantize_abs_max" | "x=X" | "out=Out out_scale=OutScale" | "" => quantize::fake_quantize_dequantize;
    "fake_quantize_dequantize_moving_average_abs_max" | "fake_quantize_dequantize_moving_average_abs_max" | "x=X in_scale=InScale in_accum=InAccum in_state=InState" | "out=Out out_scale=OutScale out_state=OutState out_accum=OutAccum" | "" => quantize::fake_quantize_dequantize;
    "fake_channel_wise_quantize_abs_max" | "fake_channel_wise_quantize_abs_max" | "x=X" | "out=Out out_scale=OutScale" | "" => quantize::fake_channel_wise_quantize;
    "fake_channel_wise_quantize_dequantize_abs_max" | "fake_channel_wise_quantize_dequantize_abs_max" | "x=X" | "out=Out out_scale=OutScale" | "" => quantize::fake_channel_wise_quantize_dequantize;
    "fake_dequantize_max_abs" | "fake_dequantize_max_abs" | "x=X scale=Scale" | "out=Out" | "" => quantize::fake_dequantize;
    "fake_channel_wise_dequantize_max_abs" | "fake_channel_wise_dequantize_max_abs" | "x=X scales=Scales" | "out=Out" | "" => quantize::fake_channel_wise_dequantize;

    // Shapes.
    "shape shape64" | "shape" | "input=Input" | "out=Out" | "" => shape::shape;
    "reshape" | "reshape2 reshape" | "x=X shape=ShapeTensor|Shape" | "out=Out xshape=XShape" | "" => shape::reshape;
    "flatten" | "flatten_contiguous_range" | "x=X" | "out=Out xshape=XShape" | "" => shape::flatten;
    "flatten2" | "flatten2 flatten" | "x=X" | "out=Out xshape=XShape" | "" => shape::flatten_to_matrix;
    "transpose" | "transpose2 transpose" | "x=X" | "out=Out xshape=XShape" | "perm=axis" => shape::transpose;
    "squeeze" | "squeeze2 squeeze" | "x=X axis" | "out=Out xshape=XShape" | "axis=axes" => shape::squeeze;
    "unsqueeze" | "unsqueeze2 unsqueeze" | "x=X axis=AxesTensor|AxesTensorList" | "out=Out xshape=XShape" | "axis=axes" => shape::unsqueeze;
    "concat" | "concat" | "x=X axis=AxisTensor" | "out=Out" | "" => shape::concat;
    "split" | "" | "x sections axis" | "out" | "" => shape::split;
    "split_with_num" | "split" | "x=X axis=AxisTensor sections=SectionsTensorList" | "out=Out" | "" => shape::split;
    "slice" | "slice" | "input=Input starts=StartsTensor|StartsTensorList ends=EndsTensor|EndsTensorList" | "out=Out" | "" => shape::slice;
    "stack" | "stack" | "x=X" | "out=Y" | "" => shape::stack;

    // Functions of one number.
    "exp" | "exp" | "x=X" | "out=Out" | "" => math::exp;
    "expm1" | "expm1" | "x=X" | "out=Out" | "" => math::expm1;
    "log" | "log" | "x=X" | "out=Out" | "" => math::log;
    "log2" | "log2" | "x=X" | "out=Out" | "" => math::log2;
    "log10" | "log10" | "x=X" | "out=Out" | "" => math::log10;
    "log1p" | "log1p" | "x=X" | "out=Out" | "" => math::log1p;
    "logit" | "logit" | "x=X" | "out=Out" | "" => math::logit;
    "sqrt" | "sqrt" | "x=X" | "out=Out" | "" => math::sqrt;
    "rsqrt" | "rsqrt" | "x=X" | "out=Out" | "" => math::rsqrt;
    "reciprocal" | "reciprocal" | "x=X" | "out=Out" | "" => math::reciprocal;
    "square" | "square" | "x=X" | "out=Out" | "" => math::square;
    "abs" | "abs" | "x=X" | "out=Out" | "" => math::abs;
    "sign" | "sign" | "x=X" | "out=Out" | "" => math::sign;
    "floor" | "floor" | "x=X" | "out=Out" | "" => math::floor;
    "ceil" | "ceil" | "x=X" | "out=Out" | "" => math::ceil;
    "trunc" | "trunc" | "x=X" | "out=Out" | "" => math::trunc;
    "erf" | "erf" | "x=X" | "out=Out" | "" => math::erf;
    "sin" | "sin" | "x=X" | "out=Out" | "" => math::sin;
    "cos" | "cos" | "x=X" | "out=Out" | "" => math::cos;
    "tan" | "tan" | "x=X" | "out=Out" | "" => math::tan;
    "asin" | "asin" | "x=X" | "out=Out" | "" => math::asin;
    "acos" | "acos" | "x=X" | "out=Out" | "" => math::acos;
    "atan" | "atan" | "x=X" | "out=Out" | "" => math::atan;
    "sinh" | "sinh" | "x=X" | "out=Out" | "" => math::sinh;
    "cosh" | "cosh" | "x=X" | "out=Out" | "" => math::cosh;
    "tanh" | "tanh" | "x=X" | "out=Out" | "" => math::tanh;
    "asinh" | "asinh" | "x=X" | "out=Out" | "" => math::asinh;
    "acosh" | "acosh" | "x=X" | "out=Out" | "" => math::acosh;
    "atanh" | "atanh" | "x=X" | "out=Out" | "" => math::atanh;
    "round" | "" | "x" | "out" | "" => math::round;
    "" | "round" | "x=X" | "out=Out" | "" => math::round_half_away;
    "pow" | "pow" | "x=X y=FactorTensor" | "out=Out" | "y=factor" => math::pow;
    "clip" | "clip" | "x=X min=Min max=Max" | "out=Out" | "" => math::clip;
    "increment" | "increment" | "x=X" | "out=Out" | "value=step" => math::increment;

    // Functions of two numbers.
    "maximum" | "elementwise_max" | "x=X y=Y" | "out=Out" | "" => binary::maximum;
    "minimum" | "elementwise_min" | "x=X y=Y" | "out=Out" | "" => binary::minimum;
    "fmax" | "elementwise_fmax" | "x=X y=Y" | "out=Out" | "" => binary::fmax;
    "fmin" | "elementwise_fmin" | "x=X y=Y" | "out=Out" | "" => binary::fmin;
    "elementwise_pow" | "elementwise_pow" | "x=X y=Y" | "out=Out" | "" => binary::pow;
    "remainder" | "elementwise_mod" | "x=X y=Y" | "out=Out" | "" => binary::remainder;
    "floor_divide" | "elementwise_floordiv" | "x=X y=Y" | "out=Out" | "" => binary::floor_divide;

    // Comparisons, logic, bits and choices.
    "equal" | "equal" | "x=X y=Y" | "out=Out" | "" => compare::equal;
    "not_equal" | "not_equal" | "x=X y=Y" | "out=Out" | "" => compare::not_equal;
    "less_than" | "less_than" | "x=X y=Y" | "out=Out" | "" => compare::less_than;
    "less_equal" | "less_equal" | "x=X y=Y" | "out=Out" | "" => compare::less_equal;
    "greater_than" | "greater_than" | "x=X y=Y" | "out=Out" | "" => compare::greater_than;
    "greater_equal" | "greater_equal" | "x=X y=Y" | "out=Out" | "" => compare::greater_equal;
    "logical_and" | "logical_and" | "x=X y=Y" | "out=Out" | "" => compare::logical_and;
    "logical_or" | "logical_or" | "x=X y=Y" | "out=Out" | "" => compare::logical_or;
    "logical_xor" | "logical_xor" | "x=X y=Y" | "out=Out" | "" => compare::logical_xor;
    "bitwise_and" | "bitwise_and" | "x=X y=Y" | "out=Out" | "" => compare::bitwise_and;
    "bitwise_or" | "bitwise_or" | "x=X y=Y" | "out=Out" | "" => compare::bitwise_or;
    "bitwise_xor" | "bitwise_xor" | "x=X y=Y" | "out=Out" | "" => compare::bitwise_xor;
    "logical_not" | "logical_not" | "x=X" | "out=Out" | "" => compare::logical_not;
    "bitwise_not" | "bitwise_not" | "x=X" | "out=Out" | "" => compare::bitwise_not;
    "isnan" | "isnan_v2" | "x=X" | "out=Out" | "" => compare::isnan;
    "isinf" | "isinf_v2" | "x=X" | "out=Out" | "" => compare::isinf;
    "isfinite" | "isfinite_v2" | "x=X" | "out=Out" | "" => compare::isfinite;
    "isclose" | "isclose" | "x=Input y=Other rtol=Rtol atol=Atol" | "out=Out" | "" => compare::isclose;
    "allclose" | "allclose" | "x=Input y=Other rtol=Rtol atol=Atol" | "out=Out" | "" => compare::allclose;
    "where" | "where" | "condition=Condition x=X y=Y" | "out=Out" | "" => compare::choose;
    "masked_fill" | "" | "x mask value" | "out" | "" => compare::masked_fill;

    // Reductions and running sums.
    "mean" | "reduce_mean" | "x=X axis=AxisTensor|AxisTensorList" | "out=Out" | "axis=dim keepdim=keep_dim" => reduce::mean;
    "sum" | "reduce_sum" | "x=X axis=AxisTensor|AxisTensorList" | "out=Out" | "axis=dim keepdim=keep_dim" => reduce::sum;
    "max" | "reduce_max" | "x=X axis=AxisTensor|AxisTensorList" | "out=Out" | "axis=dim keepdim=keep_dim" => reduce::max;
    "min" | "reduce_min" | "x=X axis=AxisTensor|AxisTensorList" | "out=Out" | "axis=dim keepdim=keep_dim" => reduce::min;
    "prod" | "reduce_prod" | "x=X axis=AxisTensor|AxisTensorList" | "out=Out" | "axis=dim keepdim=keep_dim" => reduce::prod;
    "all" | "reduce_all" | "x=X axis=AxisTensor|AxisTensorList" | "out=Out" | "axis=dim keepdim=keep_dim" => reduce::all;
    "any" | "reduce_any" | "x=X axis=AxisTensor|AxisTensorList" | "out=Out" | "axis=dim keepdim=keep_dim" => reduce::any;
    "amax" | "reduce_amax" | "x=X axis=AxisTensor|AxisTensorList" | "out=Out" | "axis=dim keepdim=keep_dim" => reduce::max;
    "amin" | "reduce_amin" | "x=X axis=AxisTensor|AxisTensorList" | "out=Out" | "axis=dim keepdim=keep_dim" => reduce::min;
    "mean_all" | "mean" | "x=X" | "out=Out" | "" => reduce::mean;
    "logsumexp" | "logsumexp" | "x=X" | "out=Out" | "" => reduce::logsumexp;
    "frobenius_norm" | "frobenius_norm" | "x=X axis" | "out=Out" | "axis=dim" => reduce::frobenius_norm;
    "squared_l2_norm" | "squared_l2_norm" | "x=X" | "out=Out" | "" => reduce::squared_l2_norm;
    "p_norm" | "p_norm" | "x=X" | "out=Out" | "" => reduce::p_norm;
    "dist" | "dist" | "x=X y=Y" | "out=Out" | "" => reduce::dist;
    "argmax" | "arg_max" | "x=X axis" | "out=Out" | "" => reduce::argmax;
    "argmin" | "arg_min" | "x=X axis" | "out=Out" | "" => reduce::argmin;
    "cumsum" | "cumsum" | "x=X axis" | "out=Out" | "" => reduce::cumsum;

    // Sorting.
    "topk" | "top_k_v2 top_k" | "x=X k=K" | "out=Out indices=Indices" | "" => order::topk;
    "argsort" | "argsort" | "x=X" | "out=Out indices=Indices" | "" => order::argsort;
    "kthvalue" | "kthvalue" | "x=X" | "out=Out indices=Indices" | "" => order::kthvalue;
    "searchsorted" | "searchsorted" | "sorted_sequence=SortedSequence values=Values" | "out=Out" | "" => order::searchsorted;
    "unique" | "unique" | "x=X" | "out=Out indices=Indices inverse=Index counts=Counts" | "" => order::unique;

    // Reading and writing at indices.
    "embedding" | "lookup_table_v2" | "x=Ids weight=W" | "out=Out" | "" => index::embedding;
    "" | "lookup_table" | "x=Ids weight=W" | "out=Out" | "" => index::embedding_of_columns;
    "gather" | "gather" | "x=X index=Index axis=Axis" | "out=Out" | "" => index::gather;
    "gather_nd" | "gather_nd" | "x=X index=Index" | "out=Out" | "" => index::gather_nd;
    "index_select" | "index_select" | "x=X index=Index" | "out=Out" | "axis=dim" => index::index_select;
    "index_sample" | "index_sample" | "x=X index=Index" | "out=Out" | "" => index::index_sample;
    "take_along_axis" | "take_along_axis" | "arr=Input indices=Index" | "out=Result" | "axis=Axis" => index::take_along_axis;
    "put_along_axis" | "put_along_axis" | "arr=Input indices=Index values=Value" | "out=Result" | "axis=Axis reduce=Reduce include_self=Include_self" => index::put_along_axis;
    "masked_select" | "masked_select" | "x=X mask=Mask" | "out=Y" | "" => index::masked_select;
    "nonzero" | "where_index" | "condition=Condition" | "out=Out" | "" => index::nonzero;
    "one_hot" | "one_hot_v2" | "x=X num_classes=depth_tensor" | "out=Out" | "num_classes=depth" => index::one_hot;
    "" | "one_hot" | "x=X num_classes=depth_tensor" | "out=Out" | "num_classes=depth" => index::one_hot_of_columns;
    "scatter" | "scatter" | "x=X index=Ids updates=Updates" | "out=Out" | "" => index::scatter;
    "scatter_nd_add" | "scatter_nd_add" | "x=X index=Index updates=Updates" | "out=Out" | "" => index::scatter_nd_add;
    "index_add" | "index_add" | "x=X index=Index add_value=AddValue" | "out=Out" | "" => index::index_add;
    "index_put" | "index_put" | "x=x indices=indices value=value" | "out=out" | "" => index::index_put;
    "multiplex" | "multiplex" | "inputs=X index=Ids" | "out=Out" | "" => index::multiplex;
    "set_value" | "" | "x starts ends steps" | "out" | "" => set_value::set_value;
    "set_value_with_tensor" | "" | "x values starts ends steps" | "out" | "" => set_value::set_value_with_tensor;
    "" | "set_value" | "x=Input values=ValueTensor starts=StartsTensorList ends=EndsTensorList steps=StepsTensorList" | "out=Out" | "" => set_value::set_value_of_paddle2;

    // Repeating, reversing, cutting out and taking apart.
    "expand" | "expand_v2" | "x=X shape=Shape|expand_shapes_tensor" | "out=Out" | "" => repeat::expand;
    "expand_as" | "expand_as_v2" | "x=X y=Y" | "out=Out" | "" => repeat::expand_as;
    "broadcast_tensors" | "broadcast_tensors" | "input=X" | "out=Out" | "" => repeat::broadcast_tensors;
    "tile" | "tile expand" | "x=X repeat_times=RepeatTimes|repeat_times_tensor|ExpandTimes|expand_times_tensor" | "out=Out" | "repeat_times=expand_times" => repeat::tile;
    "meshgrid" | "meshgrid" | "inputs=X" | "out=Out" | "" => repeat::meshgrid;
    "flip" | "flip" | "x=X" | "out=Out" | "" => repeat::flip;
    "reverse" | "reverse" | "x=X axis" | "out=Out" | "" => repeat::flip;
    "roll" | "roll" | "x=X shifts=ShiftsTensor" | "out=Out" | "" => repeat::roll;
    "strided_slice" | "" | "x starts ends strides" | "out" | "" => repeat::strided_slice;
    "" | "strided_slice" | "x=Input starts=StartsTensor|StartsTensorList ends=EndsTensor|EndsTensorList strides=StridesTensor|StridesTensorList" | "out=Out" | "" => repeat::strided_slice_of_paddle2;
    "crop" | "crop_tensor" | "x=X shape=Shape|ShapeTensor offsets=Offsets|OffsetsTensor" | "out=Out" | "" => repeat::crop;
    "repeat_interleave repeat_interleave_with_tensor_index" | "repeat_interleave" | "x=X repeats=RepeatsTensor" | "out=Out" | "repeats=Repeats axis=dim" => repeat::repeat_interleave;
    "unstack" | "unstack" | "x=X" | "out=Y" | "" => repeat::unstack;
    "unbind" | "unbind" | "input=X" | "out=Out" | "" => repeat::unbind;
    "tril" | "" | "x" | "out" | "" => repeat::tril;
    "triu" | "" | "x" | "out" | "" => repeat::triu;
    "" | "tril_triu" | "x=X" | "out=Out" | "" => repeat::tril_triu;

    // Tensors that are made of a few numbers.
    "arange" | "range" | "start=Start end=End step=Step" | "out=Out" | "" => generate::arange;
    "linspace" | "linspace" | "start=Start stop=Stop number=Num" | "out=Out" | "" => generate::linspace;
    "eye" | "eye" | "num_rows num_columns" | "out=Out" | "" => generate::eye;
    "full_like" | "fill_any_like" | "x=X value" | "out=Out" | "" => generate::full_like;
    "" | "fill_zeros_like fill_zeros_like2" | "x=X" | "out=Out" | "" => generate::zeros_like;
    "diag" | "diag_v2" | "x=X" | "out=Out" | "" => generate::diag;
    "numel" | "size" | "x=Input" | "out=Out" | "" => generate::numel;

    // Transformers.
    "layer_norm" | "layer_norm" | "x=X scale=Scale bias=Bias" | "out=Y mean=Mean variance=Variance" | "" => layer_norm::layer_norm;
    "bmm" | "bmm" | "x=X y=Y" | "out=Out" | "" => linear::matmul;
    "mv" | "mv" | "x=X y=Vec" | "out=Out" | "" => linear::matmul;
    "einsum" | "einsum" | "x=Operands" | "out=Out inner_cache=InnerCache xshape=XShape" | "" => linear::einsum;

    // Constants.
    "full" | "fill_constant" | "value=ValueTensor shape=ShapeTensor|ShapeTensorList" | "out=Out" | "" => source::full;
    "full_with_tensor" | "" | "value shape" | "out" | "" => source::full;
    "full_batch_size_like" | "fill_constant_batch_size_like" | "input=Input" | "out=Out" | "" => source::full_batch_size_like;
    "full_int_array" | "" | "" | "out" | "" => source::full;
    "assign_value" | "assign_value" | "output" | "out=Out" | "" => source::assign_value;
};
